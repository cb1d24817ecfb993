// The colours of the byte map's cells: one pixel a cell, of the visible part only.

class Cells {
  constructor(dump, state) {
    this.dump = dump;
    this.state = state;
    this.canvas = document.createElement("canvas");
    this.forget();
  }

  /** After the bytes changed. */
  forget() {
    this._levels = null;
  }

  get levels() {
    return (this._levels ||= colourLevels(this.dump.bytes, this.state.colours));
  }

  /** A canvas of columns x rows pixels. */
  paint(theme) {
    const { columns, rows } = this.state.geometry;
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      this.canvas.width = columns;
      this.canvas.height = rows;
    }
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    this[`_${this.state.colour}`](pixels, theme);
    if (this.state.differences) this._markDifferences(pixels, theme);
    context.putImageData(image, 0, 0);
    return this.canvas;
  }

  /** How many of the cells hold bytes of this dump. */
  _count(pixels) {
    const { top, perCell } = this.state.geometry;
    return clamp(Math.ceil((this.dump.size - top) / perCell), 0, pixels.length);
  }

  _class(pixels) {
    const { top, perCell } = this.state.geometry;
    const count = this._count(pixels);
    if (perCell >= 16) {
      const level = this.levels[Math.min(Math.log2(perCell / 16), this.levels.length - 1)];
      pixels.set(level.subarray(top / perCell, top / perCell + count));
    } else if (perCell === 1) {
      const { bytes } = this.dump;
      const { ofByte } = this.state.colours;
      for (let cell = 0; cell < count; cell++) pixels[cell] = ofByte[bytes[top + cell]];
    } else {
      this._means(pixels, count);
    }
  }

  _means(pixels, count) {
    const { top, perCell } = this.state.geometry;
    const { ofClass } = this.state.colours;
    for (let cell = 0; cell < count; cell++) {
      const start = top + cell * perCell;
      const end = Math.min(start + perCell, this.dump.size);
      let [r, g, b] = [0, 0, 0];
      for (let at = start; at < end; at++) {
        const colour = ofClass[CLASS_OF[this.dump.bytes[at]]];
        r += colour[0];
        g += colour[1];
        b += colour[2];
      }
      pixels[cell] = pixel(r / (end - start), g / (end - start), b / (end - start));
    }
  }

  _entropy(pixels) {
    const { top, perCell } = this.state.geometry;
    const { entropy, block } = this.dump;
    const count = this._count(pixels);
    for (let cell = 0; cell < count; cell++) {
      const first = Math.floor((top + cell * perCell) / block);
      const last = Math.min(Math.max(first + 1, Math.floor((top + (cell + 1) * perCell) / block)), entropy.length);
      let sum = 0;
      for (let index = first; index < last; index++) sum += entropy[index];
      pixels[cell] = this.state.colours.entropy(sum / Math.max(1, last - first));
    }
  }

  /** Regions in their colours, with the bytes' light and dark in it; the short ones last, so that none vanishes. */
  _region(pixels) {
    const { top, perCell } = this.state.geometry;
    const count = this._count(pixels);
    this._class(pixels);
    const shade = Float32Array.from({ length: count }, (_, cell) => 0.72 + 0.28 * lightness(pixels[cell]));
    for (const region of [...this.dump.regions].sort((one, two) => two.end - two.start - (one.end - one.start))) {
      const [red, green, blue] = channels(this.state.colours.region(region.kind));
      const from = Math.max(0, Math.floor((region.start - top) / perCell));
      const to = Math.min(count, Math.ceil((region.end - top) / perCell));
      for (let cell = from; cell < to; cell++) {
        pixels[cell] = pixel(red * shade[cell], green * shade[cell], blue * shade[cell]);
      }
    }
  }

  /** What is the same is pale, so that the marks stand out. */
  _difference(pixels, theme) {
    this._class(pixels);
    const paper = channels(theme.paper);
    const count = this._count(pixels);
    for (let cell = 0; cell < count; cell++) {
      const grey = 255 * lightness(pixels[cell]);
      pixels[cell] = pixel(...mix([grey, grey, grey], paper, 0.72));
    }
  }

  _markDifferences(pixels, theme) {
    const { top, perCell, cellWidth, end } = this.state.geometry;
    if (cellWidth >= SMALLEST_OUTLINED && this.state.colour !== "difference") return;
    const marked = pixel(...channels(theme.differs));
    for (let cell = 0, at = top; at < end; cell++, at += perCell) {
      if (this.state.differences.anyIn(at, at + perCell)) pixels[cell] = marked;
    }
  }
}

const SMALLEST_OUTLINED = 7;

function lightness(value) {
  return ((value & 255) * 0.299 + ((value >>> 8) & 255) * 0.587 + ((value >>> 16) & 255) * 0.114) / 255;
}
