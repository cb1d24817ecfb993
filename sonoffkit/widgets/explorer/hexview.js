// The hex and text view: rows of bytes, of two dumps side by side or B under A; elements are made once and filled again.

const ROW_HEIGHT = 18;
const PAIR_HEIGHT = 2 * ROW_HEIGHT + 5; // a row of A and the same of B, with a line above them

class HexView {
  constructor(state) {
    this.state = state;
    this.body = make("div", "fx-hexrows");
    this.head = make("div", "fx-hexrow fx-hexhead", { "aria-hidden": "true" });
    this.element = make("div", "fx-hex", {
      tabindex: 0, role: "application", "aria-label": "Bytes as hex and text. Arrow keys move byte by byte, Shift selects.",
    }, [this.head, this.body]);
    this.digits = addressText(0, state.size).length;
    this.element.style.setProperty("--fx-digits", this.digits);
    this.letter = letterWidth(HEX_FONT);
    this.perRow = 16;
    this.over = false;
    this.count = 0;
    this.rows = [];
    state.on("look", (address) => this.bring(address));
  }

  /** How wide it is with so many bytes in a row: address, then hex and text of so many dumps beside each other. */
  widthFor(perRow, beside = this.state.dumps.length) {
    const letters = this.digits + 1.6 + beside * (4 * perRow + perRow / 8 - 1);
    return Math.ceil(letters * this.letter + 20 * beside - 2);
  }

  /** The most bytes a row that fit; where two dumps don't fit side by side, B's row goes under A's. */
  _fitting(width) {
    const [beside, over] = [this.state.dumps.length, this.state.dumps.length > 1];
    const ways = [[16, beside, false], [8, beside, false], [16, 1, over], [8, 1, over], [4, 1, over]];
    return ways.find(([perRow, dumps]) => this.widthFor(perRow, dumps) <= width) || ways.at(-1);
  }

  resize(width, height) {
    const [perRow, , over] = this._fitting(width);
    const count = Math.max(4, Math.floor((height - ROW_HEIGHT - 10) / (over ? PAIR_HEIGHT : ROW_HEIGHT)));
    if (perRow === this.perRow && over === this.over && count === this.count) return;
    Object.assign(this, { perRow, over, count });
    this.element.classList.toggle("fx-over", over);
    this._build();
    this.scrollTo(this.state.hexTop);
  }

  _build() {
    this.rows = Array.from({ length: this.count }, () => this._makeRow());
    this.body.replaceChildren(...this.rows.map(({ element }) => element));
    const offsets = Array.from({ length: this.perRow }, (_, offset) => make("span", "fx-b", { text: hex(offset, 2) }));
    const heads = this.over ? ["A over B"] : this.state.second ? ["text A", "text B"] : ["text"];
    const groups = heads.map((name) => {
      const cells = offsets.map((offset) => offset.cloneNode(true));
      return [make("span", "fx-bytes", {}, cells), make("span", "fx-text", { text: name })];
    });
    this.head.replaceChildren(make("span", "fx-at", { text: "at" }), ...groups.flat());
    this.element.style.setProperty("--fx-columns", this.perRow);
  }

  _makeRow() {
    const address = make("span", "fx-at");
    const groups = this.state.dumps.map(() => ({
      bytes: Array.from({ length: this.perRow }, () => make("span", "fx-b")),
      letters: Array.from({ length: this.perRow }, () => make("span", "fx-c")),
    }));
    const parts = groups.flatMap(({ bytes, letters }) => [
      make("span", "fx-bytes", {}, bytes), make("span", "fx-text", {}, letters),
    ]);
    return { element: make("div", "fx-hexrow", {}, [address, ...parts]), address, groups };
  }

  get page() {
    return this.perRow * this.count;
  }

  scrollTo(address) {
    const last = Math.max(0, Math.ceil(this.state.size / this.perRow) - this.count) * this.perRow;
    this.state.hexTop = clamp(Math.floor(address / this.perRow) * this.perRow, 0, last);
    this.state.tell("hex");
  }

  /** Whether a place, {address} or null, can be seen. */
  shows(place) {
    return Boolean(place) && place.address >= this.state.hexTop && place.address < this.state.hexTop + this.page;
  }

  bring(address) {
    if (!this.shows({ address })) this.scrollTo(address - 3 * this.perRow);
  }

  /** The address of a byte's or a letter's element, or null. */
  addressOf(element) {
    const row = element.closest?.(".fx-hexrow");
    const index = this.rows.findIndex((one) => one.element === row);
    if (index < 0) return null;
    for (const [which, { bytes, letters }] of this.rows[index].groups.entries()) {
      const column = Math.max(bytes.indexOf(element), letters.indexOf(element));
      const address = this.state.hexTop + index * this.perRow + column;
      if (column >= 0) return address < this.state.size ? { address, which } : null;
    }
    return null;
  }

  draw() {
    const { hexTop, size } = this.state;
    this.rows.forEach((row, index) => {
      const start = hexTop + index * this.perRow;
      const region = start < size && this.state.first.regionAt(start);
      put(row.address, start < size || !index ? addressText(start, size) : "", "fx-at");
      row.address.style.borderColor = region ? this.state.colours.region(region.kind) : "transparent";
      row.address.title = region ? region.name : "";
      row.groups.forEach((group, which) => this._fill(group, this.state.dumps[which], start));
    });
  }

  _fill({ bytes, letters }, dump, start) {
    for (let column = 0; column < this.perRow; column++) {
      const address = start + column;
      if (address >= dump.size) {
        put(bytes[column], "  ", "fx-b");
        put(letters[column], " ", "fx-c");
        continue;
      }
      const byte = dump.bytes[address];
      const hidden = dump.isMasked(address);
      const looks = this._looks(dump, address, hidden ? 0x80 : byte);
      put(bytes[column], hidden ? "••" : hex(byte, 2), `fx-b${looks}`);
      put(letters[column], hidden ? "•" : byteText(byte), `fx-c${looks}`);
    }
  }

  _looks(dump, address, byte) {
    const { start, end, cursor, hover, differences, isSelected } = this.state;
    let looks = byte === 255 || byte === 0 ? " fx-dim" : isText(byte) ? " fx-word" : "";
    if (dump.isSecret(address)) looks += dump.revealed ? " fx-shown" : " fx-masked";
    if (differences && differences.at(address)) looks += " fx-differs";
    if (address >= start && address < end) looks += " fx-selected";
    if (isSelected && address === cursor) looks += " fx-cursor";
    if (hover && address === hover.address) looks += " fx-hover";
    return looks;
  }
}

/** Change an element only where it changes: the page has nothing to do for the rest. */
function put(element, text, className) {
  if (element.firstChild ? element.firstChild.data !== text : text) element.textContent = text;
  if (element.className !== className) element.className = className;
}
