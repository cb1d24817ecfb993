// The byte map's geometry: how many bytes a cell and a row are, and which address lies where.

const SMALLEST_CELL = 2;
const LARGEST_CELL = 26;
const FEWEST_COLUMNS = 16;

/** The levels of zoom from the nearest to the first that shows the whole flash: {columns, perCell, perRow}. */
function zoomLevels(size, width, height) {
  const most = Math.max(FEWEST_COLUMNS, 2 ** Math.floor(Math.log2(Math.max(1, width / SMALLEST_CELL))));
  const levels = [];
  for (let perRow = FEWEST_COLUMNS; ; perRow *= 2) {
    const columns = Math.min(perRow, most);
    const natural = Math.min(width / columns, LARGEST_CELL);
    const fits = Math.ceil(size / perRow) * (columns < most ? natural : SMALLEST_CELL) <= height;
    levels.push({ columns, perRow, perCell: perRow / columns });
    if (fits) return levels;
  }
}

class Geometry {
  constructor(size) {
    this.size = size;
    this.top = 0;
    this.perRow = Infinity;
    this.resize(512, 300);
  }

  /** Fit into a width and height in CSS pixels; the zoom stays as near as it can. */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.levels = zoomLevels(this.size, width, height);
    const index = this.levels.findIndex((level) => level.perRow >= this.perRow);
    this._use(index < 0 || this._wasWhole ? this.levels.length - 1 : index);
  }

  _use(index) {
    this.index = clamp(index, 0, this.levels.length - 1);
    Object.assign(this, this.levels[this.index]);
    this._wasWhole = this.isWhole;
    this.cellWidth = this.width / this.columns;
    const natural = clamp(Math.round(this.cellWidth), SMALLEST_CELL, LARGEST_CELL);
    const rows = Math.max(1, Math.ceil(this.size / this.perRow));
    this.cellHeight = this.isWhole ? clamp(this.height / rows, SMALLEST_CELL, Math.max(natural, 8)) : natural;
    this.rows = Math.max(1, Math.floor(this.height / this.cellHeight + 1e-6));
    this.scrollTo(this.top);
  }

  get isWhole() {
    return this.index === this.levels.length - 1;
  }

  get end() {
    return Math.min(this.size, this.top + this.rows * this.perRow);
  }

  scrollTo(address) {
    const most = Math.max(0, Math.ceil(this.size / this.perRow) - this.rows) * this.perRow;
    this.top = clamp(Math.floor(address / this.perRow) * this.perRow, 0, most);
  }

  /** Zoom by steps (negative is nearer), keeping an address where it is on the screen. */
  zoom(steps, address) {
    const share = (Math.floor((address - this.top) / this.perRow) + 0.5) / this.rows;
    this._use(this.index + steps);
    this.scrollTo(address - Math.floor(share * this.rows) * this.perRow);
  }

  fit() {
    this._use(this.levels.length - 1);
  }

  shows(address) {
    return address >= this.top && address < this.top + this.rows * this.perRow;
  }

  /** Bring an address into view, with rows around it. */
  bring(address) {
    if (!this.shows(address)) this.scrollTo(address - Math.floor(this.rows / 3) * this.perRow);
  }

  /** The first address of the cell at a point, within the flash. */
  addressAt(x, y) {
    const column = clamp(Math.floor(x / this.cellWidth), 0, this.columns - 1);
    const row = Math.floor(y / this.cellHeight);
    const address = this.top + row * this.perRow + column * this.perCell;
    const last = Math.floor(Math.max(0, this.size - 1) / this.perCell) * this.perCell;
    return clamp(address, 0, last);
  }

  /** The rectangles of a range that can be seen, at most three: [x, y, width, height]. */
  rectangles(start, end) {
    const from = Math.max(start, this.top) - this.top;
    const to = Math.min(end, this.end) - this.top;
    if (to <= from) return [];
    const [first, last] = [Math.floor(from / this.perCell), Math.ceil(to / this.perCell)];
    const [firstRow, lastRow] = [Math.floor(first / this.columns), Math.floor((last - 1) / this.columns)];
    const [left, right] = [first % this.columns, ((last - 1) % this.columns) + 1];
    const box = (row, rows, x, until) => [
      x * this.cellWidth, row * this.cellHeight, (until - x) * this.cellWidth, rows * this.cellHeight,
    ];
    if (firstRow === lastRow) return [box(firstRow, 1, left, right)];
    const boxes = [box(firstRow, 1, left, this.columns)];
    if (lastRow - firstRow > 1) boxes.push(box(firstRow + 1, lastRow - firstRow - 1, 0, this.columns));
    boxes.push(box(lastRow, 1, 0, right));
    return boxes;
  }

  /** The outline of a range as the corners of one polygon; two rows that don't touch give two boxes. */
  outlines(start, end) {
    const boxes = this.rectangles(start, end);
    if (boxes.length < 2) return boxes.map(corners);
    const [first, last] = [boxes[0], boxes.at(-1)];
    if (boxes.length === 2 && last[2] <= first[0]) return boxes.map(corners);
    const [x, y] = [first[0], first[1]];
    const right = last[2];
    const bottom = last[1] + last[3];
    return [[
      [x, y], [this.width, y], [this.width, last[1]], [right, last[1]], [right, bottom],
      [0, bottom], [0, y + first[3]], [x, y + first[3]],
    ]];
  }
}

function corners([x, y, width, height]) {
  return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
}
