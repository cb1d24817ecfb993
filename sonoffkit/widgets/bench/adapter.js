// The adapter: its case, its jumper, and its header.

class Adapter {
  constructor(send) {
    const { x, y, width, height, pin } = ADAPTER;
    const middle = x + width / 2;
    this.title = text("pb-title", middle, y + 28, "USB adapter");
    this.sticker = text("pb-small", middle, y + 46, "");
    this.jumper = knob("pb-jumper", "Voltage jumper, on 3.3 V: put it on 5 V", this._jumper(x + 10, y + 62), () => send("5 V"));
    this.element = group("", [
      rect("pb-adapter-case", x, y, width, height, 12), this.title, this.sticker, this.jumper,
      rect("pb-chip", x + 10, y + 222, 54, 64, 4), text("pb-on-chip", x + 37, y + 250, "USB"), text("pb-on-chip", x + 37, y + 268, "serial"),
      rect("pb-header", pin - 14, row(0) - 20, 28, row(3) - row(0) + 40, 4),
      rect("pb-metal", x - 8, ENTRY[1] - 12, 20, 24, 3),
    ]);
  }

  _jumper(x, y) {
    const post = rect("pb-gold", x + 121, y + 12, 16, 16, 1);
    const cap = group("pb-cap", [rect("pb-dark", x - 3, y - 3, 98, 46, 7), text("pb-cap-text", x + 46, y + 28, "3.3 V")]);
    const cross = path("pb-no", `M${x + 115} ${y + 6}l28 28m0 -28l-28 28`);
    const names = [text("pb-small", x + 46, y + 60, "jumper"), text("pb-small", x + 147, y + 60, "not 5 V", "end")];
    return [rect("pb-hit", x - 6, y - 8, 160, 74, 6), rect("pb-housing", x, y, 148, 40, 4), post, cross, cap, ...names, ring(x - 9, y - 9, 166, 76)];
  }

  show(scene) {
    const isFake = scene.quality === "fake";
    setText(this.sticker, isFake ? "no name: a copy" : "");
    this.element.classList.toggle("pb-fake", isFake);
  }
}
