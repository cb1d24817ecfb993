// The line that tells what is under the pointer, the messages, and the same for those who listen.

class Status {
  constructor(state) {
    this.state = state;
    this.line = make("div", "fx-hoverline");
    this.message = make("div", "fx-message", { role: "status" });
    this.spoken = make("div", "fx-spoken", { "aria-live": "polite" });
    this.element = make("div", "fx-status", {}, [this.line, this.message, this.spoken]);
    const speak = settled(() => (this.spoken.textContent = this.line.textContent), 500);
    state.on("hover select", speak);
    state.on("say", (sentence) => (this.message.textContent = sentence));
    state.on("select", () => (this.message.textContent = ""));
  }

  draw() {
    const { hover, isSelected, cursor, size } = this.state;
    const words = hover
      ? this.about(hover.address, hover.which)
      : isSelected ? this.about(cursor, 0) : size ? "Point at a cell, or press an arrow key." : "The file is empty.";
    if (this.line.textContent !== words) this.line.textContent = words;
  }

  /** Address, region, byte and entropy in one line. */
  about(address, which) {
    const { second, dumps, geometry } = this.state;
    const dump = dumps[which];
    const cell = this.state.hover && geometry.perCell > 1 ? ` (a cell of ${sizeText(geometry.perCell)}${this._differing(address)})` : "";
    const name = second ? `${"AB"[which]} ` : "";
    const place = `${name}0x${addressText(address, this.state.size)}${cell}`;
    if (address >= dump.size) return `${place} · behind the end of ${name || "the file"}`;
    const region = dump.regionAt(address);
    const parts = [place, region ? region.name : "no known region", this._byte(dump, address)];
    if (second) parts.push(`${"BA"[which]}: ${this._byte(dumps[1 - which], address)}`);
    const bits = dump.entropyAt(address);
    if (bits !== undefined) parts.push(`entropy ${bits.toFixed(2)} of ${dump.ceiling.toFixed(2)}: ${entropyWords(bits)}`);
    return parts.join(" · ");
  }

  _differing(address) {
    const { differences, geometry } = this.state;
    const count = differences ? differences.countIn(address, address + geometry.perCell) : 0;
    return count ? `, ${countText(count)} of them ${count === 1 ? "differs" : "differ"}` : "";
  }

  _byte(dump, address) {
    if (address >= dump.size) return "no byte";
    if (dump.isMasked(address)) return "byte •• (masked)";
    const byte = dump.bytes[address];
    return `byte ${hex(byte, 2)}${isText(byte) ? ` “${byteText(byte)}”` : ""}`;
  }
}
