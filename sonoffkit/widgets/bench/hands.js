// The pins, and the two ways to join them: one after the other (click or Enter), or by dragging.

const DRAG_FROM = 6; // pixels; less is a click

class Hands {
  constructor(board, send, say) {
    Object.assign(this, { board, send, say });
    this.ghost = new Ghost();
    this.pins = new Map();
    const adapter = ADAPTER_PINS.map((pin) => this._pin(`adapter ${pin}`, pin, true));
    const header = board.pins.filter((pin) => pin.role).map((pin) => this._pin(`board ${pin.role}`, pin.label, false, pin.square));
    this.columns = [adapter, header];
    this.element = group("", [group("", adapter, { role: "group", "aria-label": "Pins of the adapter" }), group("", header, { role: "group", "aria-label": "Pins of the board" })]);
    this.taken = null;
  }

  _pin(name, label, isAdapter, square = false) {
    const [x, y] = placeOf(name, this.board);
    const metal = isAdapter ? [rect("pb-gold", x - 8, y - 8, 16, 16, 1)]
      : [square ? rect("pb-hole", x - 11, y - 11, 22, 22, 2) : circle("pb-hole", x, y, 10), circle("pb-drill", x, y, 4)];
    const words = text("pb-pin-name", isAdapter ? x - 24 : x + 24, y + 6, label, isAdapter ? "end" : "start");
    const left = isAdapter ? x - 76 : x - 20;
    const pin = group("pb-knob pb-pin", [rect("pb-hit", left, y - 21, 96, 42, 8), ...metal, words, ring(left, y - 21, 96, 42)], { role: "button", tabindex: 0, "data-pin": name });
    pin.addEventListener("click", () => this._clicked(name));
    pin.addEventListener("pointerdown", (event) => this._down(event, name));
    pin.addEventListener("keydown", (event) => this._key(event, name));
    this.pins.set(name, pin);
    return pin;
  }

  /** The names of the pins as they are wired now. */
  show({ wires, looped }) {
    const to = new Map(wires.flatMap(([one, other]) => [[`adapter ${one}`, `board ${other}`], [`board ${other}`, `adapter ${one}`]]));
    if (looped) for (const [one, other] of [["TX", "RX"], ["RX", "TX"]]) to.set(`adapter ${one}`, `the adapter's own ${other}`);
    for (const [name, pin] of this.pins) {
      setLabel(pin, to.has(name) ? `${name}, wired to ${to.get(name)}` : `${name}, not wired`, name === this.taken);
    }
    this.wiring = { wires, looped };
  }

  take(name) {
    this.taken = name;
    this.ghost.hide();
    for (const [each, pin] of this.pins) {
      pin.classList.toggle("pb-taken", each === name);
      pin.classList.toggle("pb-waits", Boolean(name) && each.split(" ")[0] !== name.split(" ")[0]);
    }
    if (this.wiring) this.show(this.wiring);
  }

  cancel() {
    if (!this.taken) return false;
    this.say(`Let go of ${this.taken}.`);
    this.take(null);
    return true;
  }

  _clicked(name) {
    if (this.dragged) {
      this.dragged = false;
      return;
    }
    if (this.taken === name) this.cancel();
    else if (this.taken) this._join(this.taken, name);
    else {
      this.take(name);
      this.say(`A wire on ${name}. Now choose the pin for its other end; Esc lets go.`);
    }
  }

  _join(one, other) {
    this.take(null);
    this.send("join", { one, other });
  }

  _down(event, name) {
    if (event.button) return;
    this.dragged = false;
    const start = [event.clientX, event.clientY];
    const from = placeOf(name, this.board);
    const move = (moved) => {
      const far = Math.hypot(moved.clientX - start[0], moved.clientY - start[1]);
      if (!this.dragged && far < DRAG_FROM) return;
      if (!this.dragged) this.take(name);
      this.dragged = true;
      this.ghost.show(from, this._inDrawing(moved));
    };
    const end = (ended) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (!this.dragged) return;
      const target = document.elementFromPoint(ended.clientX, ended.clientY)?.closest?.("[data-pin]")?.dataset.pin;
      setTimeout(() => (this.dragged = false)); // after the click that this makes
      if (target && target !== name && ended.type === "pointerup") this._join(name, target);
      else this.cancel();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  /** While a wire is in the hand, its loose end follows the pointer. */
  follow(event) {
    if (this.taken && !this.dragged) this.ghost.show(placeOf(this.taken, this.board), this._inDrawing(event));
  }

  _inDrawing(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.element.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  _key(event, name) {
    if (event.key === "Enter" || event.key === " ") {
      if (!event.repeat) this._clicked(name);
    } else if (event.key === "Delete" || event.key === "Backspace") this.send("loosen", { pin: name });
    else if (!this._walk(event.key, name)) return;
    event.preventDefault();
  }

  /** Arrows go up and down a header, and across to the other. */
  _walk(key, name) {
    const side = name.startsWith("adapter") ? 0 : 1;
    const column = this.columns[side];
    const at = column.indexOf(this.pins.get(name));
    const next = {
      ArrowUp: () => column[at - 1], ArrowDown: () => column[at + 1],
      ArrowLeft: () => side && this.columns[0][at], ArrowRight: () => !side && this.columns[1][at],
    }[key];
    if (!next) return false;
    (next() || this.pins.get(name)).focus();
    return true;
  }
}
