// The wires: each with its pattern, its connectors and a tag that names its ends.

const HANGING = { "3V3": 0.5, RX: 0.3, TX: 0.7, GND: 0.5 }; // where on a long wire its tag is

class Wires {
  constructor(board, send) {
    this.board = board;
    this.send = send;
    this.element = group("", []);
    this.drawn = "";
  }

  show({ wires, looped, quality }) {
    const key = JSON.stringify([wires, looped, quality]);
    if (key === this.drawn) return;
    this.drawn = key;
    const all = wires.map(([one, other]) => this._wire(one, other, quality === "long"));
    if (looped) all.push(this._loop());
    // Tags over all wires, so that none is crossed out.
    this.element.replaceChildren(...all.map(([wire]) => wire), ...all.map(([, tag]) => tag));
  }

  _wire(adapter, board, isLong) {
    const [from, to] = [placeOf(`adapter ${adapter}`, this.board), placeOf(`board ${board}`, this.board)];
    const curve = wireCurve(from, to, isLong);
    const arrow = { RX: "←", TX: "→" }[adapter] || "–";
    return this._drawn(curve, adapter, `${adapter} ${arrow} ${board}`, isLong ? HANGING[adapter] : 0.2, [[from, 1], [to, -1]]);
  }

  _loop() {
    const ends = ["RX", "TX"].map((pin) => [placeOf(`adapter ${pin}`, this.board), 1]);
    const [wire] = this._drawn(loopCurve(), "TX", "TX → own RX", 0.5, ends);
    const [x, y] = loopCurve().at(0.5);
    return [wire, this._tag([x + 66, y], "TX → own RX", "TX")];
  }

  _drawn(curve, adapter, words, where, ends) {
    const look = this.board.looks[adapter];
    const { d } = curve;
    const core = look.double ? [path("pb-core", d, { "stroke-width": look.width / 3 })] : [];
    const caps = look.dash && !look.dash.startsWith("0.1") ? "butt" : "round";
    const line = path("pb-wire", d, { "stroke-width": look.width, "stroke-dasharray": look.dash || null, "stroke-linecap": caps });
    const take = path("pb-wire-hit", d);
    take.append(draw("title", "", { text: "Click: take this wire off" }));
    take.addEventListener("click", () => this.send("loosen", { pin: `adapter ${adapter}` }));
    const plugs = ends.map(([[x, y], way]) => rect("pb-connector", Math.min(x, x + way * (PLUG + 16)), y - 8, PLUG + 16, 16, 3));
    const wire = group(`pb-wire-${adapter}`, [path("pb-halo", d, { "stroke-width": look.width + 7 }), line, ...core, ...plugs, take], { "data-wire": words, "aria-hidden": true });
    return [wire, this._tag(curve.at(where), words, adapter)];
  }

  _tag([x, y], words, adapter) {
    const width = 26 + 9.4 * words.length;
    return group(`pb-tag pb-wire-${adapter}`, [rect("", x - width / 2, y - 13, width, 26, 13), text("", x, y + 5, words)], { "aria-hidden": true });
  }
}

/** The wire in the hand: from the pin taken to the pointer. */
class Ghost {
  constructor() {
    this.element = path("pb-ghost", "", { "aria-hidden": true });
  }

  show(from, to) {
    const reach = Math.max(30, Math.abs(to[0] - from[0]) / 2) * Math.sign(to[0] - from[0] || 1);
    this.element.setAttribute("d", new Curve(from, [from[0] + reach, from[1]], [to[0] - reach, to[1]], to).d);
  }

  hide() {
    this.element.setAttribute("d", "");
  }
}
