// The byte map: a canvas of cells for each dump, side by side, with addresses; and a second canvas for the hover.

const BAND = 7;
const PANE_GAP = 14;
const HEAD = 18;
const BYTES_AS_TEXT_FROM = 20;

class ByteMap {
  constructor(state) {
    this.state = state;
    this.base = document.createElement("canvas");
    this.over = document.createElement("canvas");
    this.element = make("div", "fx-map", {
      tabindex: 0, role: "application", "aria-label": "Byte map. Arrow keys move, Shift selects, + and - zoom.",
    }, [this.base, this.over]);
    this.cells = state.dumps.map((dump) => new Cells(dump, state));
    this.head = state.second ? HEAD : 2;
    this.gutter = Math.ceil(addressText(0, state.size).length * letterWidth(MONO_FONT)) + BAND + 11;
    this._painted = "";
  }

  resize(width, height, ratio) {
    [this.width, this.height, this.ratio] = [width, height, ratio];
    for (const canvas of [this.base, this.over]) sizeCanvas(canvas, width, height, ratio);
    const count = this.cells.length;
    this.paneWidth = Math.floor((width - this.gutter - 2 - PANE_GAP * (count - 1)) / count);
    this.paneHeight = height - this.head - 2;
    this.state.geometry.resize(Math.max(64, this.paneWidth), this.paneHeight);
    this._hatch = null;
  }

  /** The bytes or the theme changed: nothing painted before holds. */
  forget() {
    for (const cells of this.cells) cells.forget();
    this._hatch = null;
  }

  paneX(which) {
    return this.gutter + which * (this.paneWidth + PANE_GAP);
  }

  /** The dump and the address at a point of the element; null outside the cells. */
  placeAt(x, y, nearest = false) {
    const which = this.cells.length > 1 && x >= this.paneX(1) - PANE_GAP / 2 ? 1 : 0;
    const [inX, inY] = [x - this.paneX(which), y - this.head];
    const { geometry } = this.state;
    const inside = inX >= 0 && inX < this.paneWidth && inY >= 0 && inY < geometry.rows * geometry.cellHeight;
    if (!this.state.size || (!inside && !nearest)) return null;
    const address = geometry.addressAt(inX, inY);
    const row = Math.floor(inY / geometry.cellHeight);
    const pointed = geometry.top + row * geometry.perRow;
    return nearest || pointed < this.state.size ? { address, which } : null;
  }

  draw(theme) {
    const context = this.base.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this._hatch ||= hatching(context, theme);
    this._drawAddresses(context, theme);
    this.cells.forEach((cells, which) => {
      context.save();
      context.translate(this.paneX(which), this.head);
      this._drawPane(context, cells, theme, which);
      context.restore();
    });
  }

  drawHover(theme) {
    const context = this.over.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const { hover, geometry } = this.state;
    if (!hover) return;
    const address = Math.floor(hover.address / geometry.perCell) * geometry.perCell;
    const [box] = geometry.rectangles(address, address + geometry.perCell);
    if (!box) return;
    for (let which = 0; which < this.cells.length; which++) {
      const [x, y, width, height] = grown(box, 7);
      frame(context, x + this.paneX(which), y + this.head, width, height, theme);
    }
  }

  _drawAddresses(context, theme) {
    const { geometry, size, first } = this.state;
    const step = 2 ** Math.max(0, Math.ceil(Math.log2(20 / geometry.cellHeight)));
    context.font = MONO_FONT;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillStyle = theme.quiet;
    for (let row = 0; row < geometry.rows; row += step) {
      const address = geometry.top + row * geometry.perRow;
      const y = this.head + row * geometry.cellHeight + Math.max(6, geometry.cellHeight / 2);
      const fits = y + 6 <= this.height;
      if (fits && (address < size || !row)) context.fillText(addressText(address, size), this.gutter - BAND - 9, y);
    }
    for (const region of first.regions) {
      const y = ((region.start - geometry.top) / geometry.perRow) * geometry.cellHeight;
      const height = ((region.end - region.start) / geometry.perRow) * geometry.cellHeight;
      const from = clamp(y, 0, this.paneHeight);
      const to = clamp(Math.max(y + height, y + 2), 0, geometry.rows * geometry.cellHeight);
      context.fillStyle = this.state.colours.region(region.kind);
      if (to > from) context.fillRect(this.gutter - BAND - 3, this.head + from, BAND, to - from);
    }
  }

  _drawPane(context, cells, theme, which) {
    const { geometry } = this.state;
    const { columns, rows, cellHeight } = geometry;
    if (this.state.second) this._drawHead(context, cells.dump, which, theme);
    context.imageSmoothingEnabled = false;
    if (this.state.size) context.drawImage(cells.paint(theme), 0, 0, columns, rows, 0, 0, this.paneWidth, rows * cellHeight);
    if (geometry.cellWidth >= 6) this._drawGrid(context, theme);
    if (geometry.cellWidth >= BYTES_AS_TEXT_FROM) this._drawBytes(context, cells.dump);
    this._drawMasks(context, cells.dump, theme);
    if (this.state.differences && geometry.cellWidth >= SMALLEST_OUTLINED) this._outlineDifferences(context, theme);
    this._drawEdges(context, cells.dump, theme);
    this._drawHits(context, which, theme);
    if (this.state.isSelected) this._drawSelection(context, theme);
    this._drawFrame(context, theme);
  }

  _drawHead(context, dump, which, theme) {
    context.font = TEXT_FONT;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillStyle = theme.ink;
    context.fillText(`${"AB"[which]} · ${sizeText(dump.size)}`, 0, -6); // the legend has the names
  }

  _drawGrid(context, theme) {
    const { columns, rows, cellWidth, cellHeight } = this.state.geometry;
    context.strokeStyle = theme.paper;
    context.globalAlpha = 0.55;
    context.lineWidth = 1;
    context.beginPath();
    for (let column = 1; column < columns; column++) line(context, column * cellWidth, 0, column * cellWidth, rows * cellHeight);
    for (let row = 1; row < rows; row++) line(context, 0, row * cellHeight, this.paneWidth, row * cellHeight);
    context.stroke();
    context.globalAlpha = 1;
  }

  _drawBytes(context, dump) {
    const { geometry, colours } = this.state;
    context.font = MONO_FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let at = geometry.top; at < Math.min(geometry.end, dump.size); at++) {
      if (dump.isMasked(at)) continue;
      const [x, y, width, height] = geometry.rectangles(at, at + 1)[0];
      const value = this.state.colour === "class" ? colours.ofByte[dump.bytes[at]] : this._pixelAt(dump, at);
      context.fillStyle = lightness(value) > 0.5 ? "#000" : "#fff";
      context.fillText(hex(dump.bytes[at], 2), x + width / 2, y + height / 2 + 1);
    }
  }

  _pixelAt(dump, address) {
    if (this.state.colour === "entropy") return this.state.colours.entropy(dump.entropyAt(address));
    if (this.state.colour === "difference") return pixel(...(this.state.differences.at(address) ? [0, 0, 0] : channels(themeOf(this.element).paper)));
    const region = dump.regionAt(address);
    return pixel(...channels(this.state.colours.region(region ? region.kind : "unknown")));
  }

  _drawMasks(context, dump, theme) {
    for (const [start, end] of dump.masks) {
      this.state.geometry.rectangles(start, end).forEach((box) => {
        const [x, y, width, height] = grown(box, 4);
        context.fillStyle = this._hatch;
        if (!dump.revealed) context.fillRect(x, y, width, height);
        context.strokeStyle = theme.secret;
        context.lineWidth = 1;
        context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
      });
    }
  }

  _outlineDifferences(context, theme) {
    const { geometry, differences } = this.state;
    context.strokeStyle = theme.differs;
    context.lineWidth = 2;
    for (let at = geometry.top; at < geometry.end; at += geometry.perCell) {
      if (!differences.anyIn(at, at + geometry.perCell)) continue;
      const [x, y, width, height] = geometry.rectangles(at, at + geometry.perCell)[0];
      context.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
    }
  }

  /** Where a region begins: a line along its first cells. */
  _drawEdges(context, dump) {
    const { geometry } = this.state;
    context.strokeStyle = "#666"; // a grey that is seen on white and on black bytes alike
    context.globalAlpha = geometry.cellHeight < 6 ? 0.35 : 0.65;
    context.lineWidth = 1;
    context.beginPath();
    for (const { start } of dump.regions) {
      if (!start || start <= geometry.top || start >= geometry.end) continue;
      const [x, y, , height] = geometry.rectangles(start, start + 1)[0];
      line(context, x, y, this.paneWidth, y);
      if (x > 0) {
        line(context, x, y, x, y + height);
        line(context, 0, y + height, x, y + height);
      }
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  _drawHits(context, which, theme) {
    const { geometry, hits, sought } = this.state;
    context.strokeStyle = theme.hit;
    context.lineWidth = 2;
    let drawn = 0;
    for (const hit of hits) {
      if (hit.which !== which || hit.at < geometry.top || hit.at >= geometry.end || drawn++ > 2000) continue;
      for (const box of geometry.rectangles(hit.at, hit.at + sought.size)) {
        const [x, y, width, height] = grown(box, 6);
        context.strokeRect(x, y, width, height);
      }
    }
  }

  _drawSelection(context, theme) {
    const { geometry, start, end } = this.state;
    const tiny = geometry.rectangles(start, end).length === 1;
    const outlines = tiny
      ? geometry.rectangles(start, end).map((box) => corners(grown(box, 9)))
      : geometry.outlines(start, end);
    for (const [colour, width] of [[theme.paper, 5], [theme.accent, 2.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineJoin = "round";
      for (const points of outlines) {
        context.beginPath();
        points.forEach(([x, y]) => context.lineTo(x, y));
        context.closePath();
        context.stroke();
      }
    }
  }

  _drawFrame(context, theme) {
    const { geometry } = this.state;
    const rows = clamp(Math.ceil((this.state.size - geometry.top) / geometry.perRow), 1, geometry.rows);
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(-0.5, -0.5, this.paneWidth + 1, rows * geometry.cellHeight + 1);
    if (this.state.size) return;
    context.font = TEXT_FONT;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = theme.ink;
    context.fillText("The file is empty: there is nothing to show.", 12, 30);
  }
}

/** A box that is at least so large, around the same middle. */
function grown([x, y, width, height], least) {
  const [wide, high] = [Math.max(width, least), Math.max(height, least)];
  return [x - (wide - width) / 2, y - (high - height) / 2, wide, high];
}

/** A frame that is seen on any colour. */
function frame(context, x, y, width, height, theme) {
  context.strokeStyle = theme.paper;
  context.lineWidth = 3;
  context.strokeRect(x, y, width, height);
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.strokeRect(x, y, width, height);
}
