// The Sonoff, opened: its button, LED, chip, header; and the mains side, which stays dead.

class Board {
  constructor(board, send) {
    const { x, y, width, height } = BOARD;
    this.board = board;
    this.led = new Led(x + 184, y + 68);
    this.button = board.bridge ? new Bridge(x + 72, y + 76, send) : new Button(x + 72, y + 68, send);
    this.mains = mainsPlug(send);
    const parts = [
      rect("pb-board", x, y, width, height, 14), text("pb-title", x + width / 2, y + 26, board.title),
      this.button.element, this.led.element, ...this._parts(x, y), this._header(),
    ];
    this.element = group("", [this._cord(), ...parts, this.mains]);
  }

  _parts(x, y) {
    const { chip, flash } = this.board;
    const antenna = path("pb-trace", `M${x + 152} ${y + 150}v-12h11v8h11v-8h11v8h11v-8h11v12`);
    const one = [rect("pb-chip", x + 126, y + 150, 108, 66, 5), text("pb-on-chip", x + 180, y + 180, chip), text("pb-on-chip", x + 180, y + 199, `flash ${flash}`)];
    const relay = [rect("pb-relay", x + 136, y + 246, 88, 74, 5), text("pb-on-relay", x + 180, y + 289, "relay")];
    const screws = [0, 1, 2, 3].flatMap((n) => [circle("pb-screw", x + 149 + 24 * n, y + 366, 8), path("pb-slit", `M${x + 144 + 24 * n} ${y + 371}l10 -10`)]);
    const tracks = path("pb-trace", `M${x + 180} ${y + 216}V${y + 246}M${x + 160} ${y + 320}v30M${x + 200} ${y + 320}v30`);
    return [tracks, antenna, ...one, ...relay, rect("pb-terminal", x + 134, y + 350, 98, 32, 3), ...screws];
  }

  /** One frame round pins whose order is known; none where each must be looked for. */
  _header() {
    const { pins, ordered } = this.board;
    const frame = ordered ? [rect("pb-outline", BOARD.pin - 17, row(0) - 21, 34, row(pins.length - 1) - row(0) + 42, 7)] : [];
    const free = pins.flatMap((pin, n) => pin.role ? [] : [
      circle("pb-hole", BOARD.pin, row(n), 10), circle("pb-drill", BOARD.pin, row(n), 4),
      text("pb-small", BOARD.pin + 24, row(n) + 5, `${pin.label}: free`, "start"),
    ]);
    return group("", [...frame, ...free]);
  }

  _cord() {
    const { x, y } = BOARD;
    return path("pb-cord", `M${x + 180} ${y + 378}V${y + 420}Q${x + 180} 484 ${x + 146} 484H${x + 96}`);
  }

  show(scene) {
    this.button.show(scene);
    this.led.show(scene.lit);
    this.element.classList.toggle("pb-alive", scene.powered);
  }
}

/** The LED, with the word beside it. */
class Led {
  constructor(x, y) {
    this.glow = circle("pb-glow", x, y, 21);
    this.lamp = circle("pb-led", x, y, 9);
    this.word = text("pb-label", x, y + 42, "");
    this.element = group("", [this.glow, this.lamp, circle("pb-glint", x - 3, y - 3, 2.4), this.word]);
  }

  show(lit) {
    this.element.classList.toggle("pb-lit", lit);
    setText(this.word, lit ? "LED: lit" : "LED: dark");
  }
}

/** Pressed and held with the mouse, or turned to and fro with Space. */
class Button {
  constructor(x, y, send) {
    this.send = send;
    this.word = text("pb-label", x, y + 42, "");
    this.cap = circle("pb-cap-round", x, y, 14);
    const parts = [rect("pb-hit", x - 56, y - 30, 112, 82, 8), rect("pb-metal", x - 24, y - 24, 48, 48, 6), circle("pb-well", x, y, 18), this.cap];
    this.element = group("pb-knob pb-button", [...parts, this.word, ring(x - 56, y - 32, 112, 84)], { role: "button", tabindex: 0 });
    this._listen();
  }

  _listen() {
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.pointer = true;
      this.springs = !this.held; // held already: this press lets it go
      this.send(this.springs ? "hold" : "release");
      addEventListener("pointerup", () => this._let(), { once: true });
      addEventListener("pointercancel", () => this._let(), { once: true });
    });
    this.element.addEventListener("click", (event) => {
      if (!this.pointer) this._turn(); // a screen reader's click comes without a pointer
      event.preventDefault();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this._turn();
    });
  }

  _turn() {
    this.send(this.held ? "release" : "hold");
  }

  _let() {
    if (this.springs) this.send("release");
    this.springs = false;
    setTimeout(() => (this.pointer = false)); // after the click that this makes, if it makes one
  }

  show({ held }) {
    this.held = held;
    this.element.classList.toggle("pb-held", held);
    setText(this.word, held ? "button: held" : "button: free");
    setLabel(this.element, held ? "Button of the board, held" : "Button of the board, not held", held);
  }
}

/** In the place of a button that does not reach GPIO0. */
class Bridge {
  constructor(x, y, send) {
    const wire = path("pb-bridge", `M${x - 34} ${y}C${x - 34} ${y - 44} ${x + 34} ${y - 44} ${x + 34} ${y}`);
    const holes = [-34, 34].flatMap((dx) => [circle("pb-hole", x + dx, y, 9), circle("pb-drill", x + dx, y, 4)]);
    const names = [text("pb-small", x - 34, y + 24, "GPIO0"), text("pb-small", x + 34, y + 24, "GND")];
    this.word = text("pb-label", x, y + 42, "");
    this.element = knob("pb-bridged", "", [rect("pb-hit", x - 58, y - 42, 116, 92, 8), wire, ...holes, ...names, this.word, ring(x - 58, y - 42, 116, 92)],
      () => send(this.held ? "release" : "hold"));
  }

  show({ held }) {
    this.held = held;
    this.element.classList.toggle("pb-held", held);
    setText(this.word, held ? "bridge: on" : "bridge: off");
    setLabel(this.element, `Bridge between GPIO0 and GND, ${held ? "on" : "off"}`, held);
  }
}

/** The plug that must never be in. */
function mainsPlug(send) {
  const [x, y] = [BOARD.x + 96, 484];
  const plug = group("", [rect("pb-dark", x - 38, y - 17, 40, 34, 8), rect("pb-metal", x - 54, y - 11, 17, 5, 1), rect("pb-metal", x - 54, y + 6, 17, 5, 1)]);
  const socket = group("", [rect("pb-case", x - 158, y - 28, 56, 56, 10), circle("pb-screen", x - 130, y, 20), circle("pb-slot", x - 138, y, 3.4), circle("pb-slot", x - 122, y, 3.4)]);
  const sign = [path("pb-warn", `M${x - 290} ${y - 26}l27 46h-54z`), text("pb-warn-text", x - 290, y + 14, "!")];
  const words = [text("pb-strong", x - 252, y - 4, "mains:", "start"), text("pb-label", x - 252, y + 15, "stays out", "start")];
  return knob("pb-mains", "Mains plug, out of the wall: put it in", [rect("pb-hit", x - 328, y - 34, 338, 68, 8), ...sign, ...words, socket, plug, ring(x - 328, y - 34, 338, 68)], () => send("mains"));
}
