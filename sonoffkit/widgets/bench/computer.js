// The computer, its USB socket, and the cable that comes from the adapter, with or without a hub.

const SOCKET = [180, 285];
const ENTRY = [ADAPTER.x, 330]; // where the cable goes into the adapter
const BARE_ENTRY = [474, 284]; // or into a board that has its own

class Computer {
  constructor(send, hasAdapter) {
    const [x, y] = SOCKET;
    this.entry = hasAdapter ? ENTRY : BARE_ENTRY;
    this.noun = hasAdapter ? "USB plug of the adapter" : "USB plug of the board";
    this.says = text("pb-small", 95, 226, "");
    this.sees = text("pb-strong", 95, 246, "");
    const screen = [rect("pb-case", 28, 180, 134, 94, 8), rect("pb-screen", 37, 189, 116, 76, 3), this.says, this.sees];
    const base = [path("pb-case", "M14 278h162v6q0 12 -12 12h-138q-12 0 -12 -12z"), rect("pb-slot", x - 8, y - 5, 8, 10, 1)];
    this.cable = path("pb-cable", "");
    this.hub = group("pb-hub", [
      rect("pb-adapter-case", 96, 402, 128, 44, 8), text("pb-strong", 160, 420, "USB hub"), text("pb-small", 160, 437, "busy"),
    ]);
    this.plugShape = group("pb-moves", [
      rect("pb-metal", x, y - 9, 20, 18, 1), rect("pb-slot", x + 6, y - 5, 4, 4, 0), rect("pb-slot", x + 6, y + 1, 4, 4, 0),
      rect("pb-dark", x + 19, y - 12, 27, 24, 4),
    ]);
    this.name = text("pb-label", 0, 0, "");
    this.plug = knob("pb-usb", "", [this.hit = rect("pb-hit", 0, 0, 10, 10, 6), this.plugShape, this.name, this.ring = ring(0, 0, 10, 10)],
      () => send(this.isIn ? "unplug" : "plug"));
    this.empty = group("pb-empty", [rect("pb-wanted", x + 1, y - 12, 44, 24, 4)]);
    this.element = group("", [...screen, ...base, this.empty, this.cable, this.hub, this.plug]);
  }

  show(scene) {
    this.isIn = scene.plugged;
    setText(this.says, "your computer");
    setText(this.sees, scene.plugged ? "port: there" : "port: none");
    this.hub.style.display = scene.quality === "hub" ? "" : "none";
    this.empty.style.display = scene.plugged ? "none" : "";
    const [dx, dy] = scene.plugged ? [0, 0] : [-112, 66];
    this.plugShape.style.transform = `translate(${dx}px, ${dy}px)`;
    this.cable.setAttribute("d", this._route(scene, this.entry, dx, dy));
    const [x, y] = [SOCKET[0] + dx, SOCKET[1] + dy];
    const label = scene.plugged ? [x + 36, y - 22] : [x + 20, y + 32];
    filled(this.name, "pb-label", { x: label[0], y: label[1], text: scene.plugged ? "USB: in" : "USB: out" }, []);
    this._frame(this.hit, x - 10, scene.plugged ? y - 42 : y - 18, 76, 60);
    this._frame(this.ring, x - 10, scene.plugged ? y - 42 : y - 18, 76, 60);
    setLabel(this.plug, `${this.noun}, ${scene.plugged ? "in: pull it" : "out: plug it in"}`, scene.plugged);
  }

  _frame(element, x, y, width, height) {
    for (const [name, value] of Object.entries({ x, y, width, height })) element.setAttribute(name, value);
  }

  _route({ quality }, [endX, endY], dx, dy) {
    const [x, y] = [SOCKET[0] + dx + 46, SOCKET[1] + dy];
    if (quality === "hub") {
      return `M${x} ${y}C${x + 34} ${y + 4} 186 ${y + 60} 186 402M224 424C${endX - 6} 424 ${endX - 30} ${endY} ${endX} ${endY}`;
    }
    const pull = Math.max(14, (endX - x) / 2);
    return `M${x} ${y}C${x + pull} ${y} ${endX - pull} ${endY} ${endX} ${endY}`;
  }
}
