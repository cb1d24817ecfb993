// The facts of the selection: where it lies, its entropy, its bytes by class, and its histogram.

const HISTOGRAM_HEIGHT = 62;

class Facts {
  constructor(state) {
    this.state = state;
    this.title = make("div", "fx-title");
    this.lines = make("div", "fx-lines");
    this.classes = make("div", "fx-classes", { role: "img" });
    this.canvas = make("canvas", "fx-histogram", { role: "img" });
    this.under = make("div", "fx-under");
    this.element = make("section", "fx-facts", { "aria-label": "Numbers of the selection" }, [
      this.title, this.lines, this.classes, this.canvas, this.under,
    ]);
    this.canvas.addEventListener("pointermove", (event) => this._tellByte(event));
    this.canvas.addEventListener("pointerleave", () => this._tellCommon());
  }

  /** Count again; cheap for any size, as each 64 KB was counted before. */
  draw(theme, width, ratio) {
    const { first, range: [start, end], isSelected } = this.state;
    this.histogram = first.histogram(start, end);
    this.total = Math.max(0, Math.min(end, first.size) - start);
    const bits = entropyOf(this.histogram);
    const places = end > start ? `0x${hex(start)} – 0x${hex(end - 1)}` : "no bytes";
    this.title.textContent = `${isSelected ? "Selected" : "Whole flash"}: ${places} · ${sizeText(end - start)}`;
    this.lines.replaceChildren(...this._lines(bits, start, end).map((words) => make("div", "", { text: words, title: words })));
    this._drawClasses();
    this._drawHistogram(theme, width, ratio);
    this._tellCommon();
  }

  _lines(bits, start, end) {
    if (!this.total) return ["Nothing to count."];
    const { first, second, differences } = this.state;
    const regions = first.regions.filter((region) => region.start < end && region.end > start);
    const where = regions.length === 1 ? regions[0].name : `${regions.length} regions`;
    const lines = [`Entropy ${bits.toFixed(2)} bits a byte${this._meaning(bits, regions)}`, `In ${where}`];
    if (regions.length === 1 && regions[0].note) lines[1] += `: ${regions[0].note}`;
    if (second) {
      const count = differences.countIn(start, end);
      lines.push(count ? `${countText(count)} of ${countText(end - start)} bytes differ in B` : "The same in B");
    }
    const hidden = first.maskedIn(start, end);
    if (hidden) lines.push(`${sizeText(hidden)} masked, counted as *`);
    return lines;
  }

  /** What the entropy means: of a few bytes, or of unlike regions together, a number says nothing. */
  _meaning(bits, regions) {
    const tells = regions.length === 1 && this.total >= this.state.first.block;
    return tells || bits <= BLANK_BITS ? `: ${entropyWords(bits)}` : "";
  }

  _drawClasses() {
    const counts = new Array(CLASS_NAMES.length).fill(0);
    this.histogram.forEach((count, byte) => (counts[CLASS_OF[byte]] += count));
    const words = CLASS_NAMES.map((name, index) => `${CLASS_WORDS[name]} ${this._share(counts[index])}`);
    this.classes.setAttribute("aria-label", words.join(", "));
    this.classes.replaceChildren(...CLASS_NAMES.map((name, index) => {
      const part = make("span", "", { title: words[index] });
      part.style.cssText = `flex: ${counts[index]} 0 0; background: ${this.state.colours.classes[name]}`;
      return part;
    }));
  }

  _share(count) {
    const share = (100 * count) / Math.max(1, this.total);
    return share && share < 0.1 ? "< 0.1 %" : `${share.toFixed(share < 10 ? 1 : 0)} %`;
  }

  /** A square-root scale, and a pixel for what is there only once: a byte that is there never looks absent. */
  _drawHistogram(theme, width, ratio) {
    sizeCanvas(this.canvas, width, HISTOGRAM_HEIGHT, ratio);
    this.width = width;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const most = Math.sqrt(Math.max(1, ...this.histogram));
    const floor = HISTOGRAM_HEIGHT - 14;
    this.histogram.forEach((count, byte) => {
      if (!count) return;
      const high = Math.max(1, (Math.sqrt(count) / most) * (floor - 2));
      const [from, to] = [byte, byte + 1].map((edge) => (edge / 256) * width);
      context.fillStyle = theme.quiet;
      context.fillRect(from, floor - high, Math.max(0.8, to - from - (width > 700 ? 1 : 0.2)), high);
    });
    context.fillStyle = theme.line;
    context.fillRect(0, floor, width, 1);
    context.fillStyle = theme.quiet;
    context.font = MONO_FONT;
    for (const byte of [0, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe0, 0xff]) {
      context.textAlign = byte === 255 ? "right" : byte ? "center" : "left";
      context.fillText(hex(byte, 2), ((byte + (byte === 255)) / 256) * width, HISTOGRAM_HEIGHT - 2);
    }
  }

  _tellByte(event) {
    const byte = clamp(Math.floor((event.offsetX / this.width) * 256), 0, 255);
    this.under.textContent = `byte ${hex(byte, 2)}${isText(byte) ? ` “${byteText(byte)}”` : ""}: `
      + `${countText(this.histogram[byte])} times, ${this._share(this.histogram[byte])}`;
  }

  _tellCommon() {
    const byte = this.histogram.indexOf(Math.max(...this.histogram));
    const kinds = this.histogram.reduce((sum, count) => sum + (count > 0), 0);
    const words = `Commonest byte: ${hex(byte, 2)}, ${this._share(this.histogram[byte])}; ${kinds} of 256 values occur`;
    this.under.textContent = this.total ? words : "";
    this.canvas.title = "The bars' heights are square roots, so that rare bytes show.";
    this.canvas.setAttribute("aria-label", `Histogram. ${words}`);
  }
}
