// The bench put together. It decides nothing: clicks go to Python, and what comes of them is drawn.

const SEEN_EVERY_MS = 5000;
const SIDEWAYS = "The drawing is wider than this: scroll it sideways, left to the computer, right to the whole board.";

class PracticeBenchView {
  constructor(host, board, send) {
    Object.assign(this, { host, board });
    this.state = make("span", "pb-state-text", { role: "status", "aria-label": "What the device does now" });
    this.said = make("span", "pb-said");
    this.more = make("span", "pb-more");
    this.message = make("div", "pb-message", { "aria-live": "polite" }, [this.said, this.more]);
    this.computer = new Computer(send, !board.usbOnly);
    this.card = new Card(send);
    this.controls = new Controls(board, send);
    this.hunt = new Hunt(board, send);
    const parts = board.usbOnly ? this._usbParts(send) : this._headerParts(send);
    this.parts = [this.computer, this.card, this.controls, this.hunt, ...parts];
    this.root = make("section", "pb", { role: "group", "aria-label": `Practice bench: ${board.title}` }, [
      make("header", "pb-head", {}, [make("h3", "pb-name", { text: `Practice bench: ${board.title}` }), make("p", "pb-now", {}, [this.state])]),
      ...(board.warning ? [make("p", "pb-live", { text: board.warning })] : []),
      make("div", "pb-stage", {}, [make("p", "pb-aside", { text: SIDEWAYS }), this._scroll(parts), this.card.element]),
      this.controls.element, this.hunt.element, this.message, this._notes(),
    ]);
    host.append(this.root);
    this._listen();
  }

  _headerParts(send) {
    this.hands = new Hands(this.board, send, (words) => this.say(words));
    return [new Adapter(send), new Board(this.board, send), new Wires(this.board, send), this.hands];
  }

  _usbParts(send) {
    return [new DevelopmentBoard(this.board, send)];
  }

  /** In a narrow cell the drawing keeps a size that can be read and hit, and is scrolled; each of its knobs can have the focus. */
  _scroll(parts) {
    this.scroll = make("div", "pb-scroll", {}, [this._drawing(parts)]);
    return this.scroll;
  }

  _drawing(parts) {
    const usb = this.board.usbOnly;
    const viewBox = usb ? `0 140 ${WIDTH} ${HEIGHT_USB}` : `0 0 ${WIDTH} ${HEIGHT}`;
    const ghost = this.hands ? [this.hands.ghost.element] : [];
    this.drawing = draw("svg", "pb-drawing", { viewBox, role: "group", "aria-label": "The bench" }, [this.computer.element, ...parts.map((part) => part.element), ...ghost]);
    return this.drawing;
  }

  _notes() {
    const help = this.board.usbOnly ? ["Keys: Tab moves, Enter and Space press."] : [
      "One pin, then another: a wire. The same two again: it is off. Dragging does it too.",
      "Keys: Tab and arrows move, Enter takes a pin, Esc lets go, Delete takes a wire off, Space holds the button.",
    ];
    const lines = [...help, `${this.board.title}: ${this.board.where}`, ...this.board.notes];
    return make("ul", "pb-notes", {}, lines.map((line) => make("li", "", { text: line })));
  }

  _listen() {
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this._escape();
      if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation(); // the notebook has shortcuts
    });
    if (this.hands) this.drawing.addEventListener("pointermove", (event) => this.hands.follow(event));
    this._theme = new MutationObserver(() => this.restyle());
    for (const element of [document.body, document.documentElement]) this._theme.observe(element, { attributes: true });
    // A notebook draws a widget before it is in the page: this tells when it is seen.
    this._sizes = new ResizeObserver(() => this.root.clientWidth && this.appear());
    this._sizes.observe(this.root);
    this._widths = new ResizeObserver(() => this._center());
    this._widths.observe(this.scroll);
    this._dark = matchMedia("(prefers-color-scheme: dark)");
    this._dark.addEventListener("change", (this._restyle = () => this.restyle()));
  }

  /** The pins first, whenever the cell got another width; where all of it fits, nothing is scrolled. */
  _center() {
    const { clientWidth, scrollWidth } = this.scroll;
    if (clientWidth === this.width) return;
    this.width = clientWidth;
    this.scroll.scrollLeft = scrollWidth * middleOf(this.board) - clientWidth / 2;
  }

  /** Once, when it is seen for the first time. */
  appear() {
    this._sizes.disconnect();
    this.restyle();
    this.onSeen?.();
  }

  _escape() {
    if (this.hands?.cancel()) return;
    if (!this.card.element.hidden) this.card.close.click();
  }

  /** Light or dark, as the page behind it is. */
  restyle() {
    const paint = () => {
      if (!this.root.isConnected) return;
      const [red, green, blue] = getComputedStyle(this.root).backgroundColor.match(/[\d.]+/g).map(Number);
      this.root.classList.toggle("pb-dark", 0.3 * red + 0.6 * green + 0.1 * blue < 110);
    };
    paint();
    setTimeout(paint, 300); // a theme's style sheet may come a moment later
  }

  say(words, more = "") {
    setText(this.said, words);
    setText(this.more, more && ` ${more}`);
  }

  show(scene) {
    for (const part of this.parts) part.show(scene);
    setText(this.state, `${scene.text}${scene.busy ? " A program has its port open." : ""}`);
    if (scene.number && scene.number !== this.number) this.say(scene.said, scene.more);
    else if (this.number === undefined) this.say(this._start(scene));
    this.number = scene.number;
  }

  _start({ wires, hides }) {
    if (hides) return "All may look right. Try it, move wires, take another cable: then say what is wrong.";
    if (this.board.usbOnly || wires.length) return "";
    return "Start here: click a pin of the adapter, then a pin of the board.";
  }

  get isSeen() {
    return !document.hidden && (this.root.checkVisibility?.() ?? true);
  }

  destroy() {
    this._theme.disconnect();
    this._sizes.disconnect();
    this._widths.disconnect();
    this._dark.removeEventListener("change", this._restyle);
    this.root.remove();
  }
}

/** A board with its adapter built in: the cable is all. */
class DevelopmentBoard {
  constructor(board, send) {
    const [x, y] = [484, 176];
    this.led = new Led(x + 300, y + 62);
    this.button = new Button(x + 300, y + 150, send);
    const pins = Array.from({ length: 15 }, (_, n) => [rect("pb-gold", x + 32 + 24 * n, y + 6, 9, 9, 1), rect("pb-gold", x + 32 + 24 * n, y + 201, 9, 9, 1)]).flat();
    this.element = group("", [
      rect("pb-board", x, y, 410, 216, 12), ...pins, rect("pb-metal", x - 10, y + 92, 40, 32, 3),
      rect("pb-chip", x + 48, y + 76, 60, 60, 4), text("pb-on-chip", x + 78, y + 102, "USB"), text("pb-on-chip", x + 78, y + 120, "serial"),
      rect("pb-relay", x + 136, y + 52, 104, 112, 5), text("pb-on-relay", x + 188, y + 102, board.chip), text("pb-on-relay", x + 188, y + 122, board.flash),
      text("pb-title", x + 205, y + 40, "NodeMCU"), this.led.element, this.button.element,
    ]);
  }

  show(scene) {
    this.led.show(scene.lit);
    this.button.show(scene);
  }
}

function render({ model, el }) {
  const send = (does, more = {}) => model.send({ do: does, ...more });
  const view = new PracticeBenchView(el, model.get("board"), send);
  const show = () => view.show(model.get("scene"));
  const look = () => view.isSeen && send("look");
  model.on("change:scene", show);
  show();
  view.onSeen = look;
  const timer = setInterval(look, SEEN_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    model.off("change:scene", show);
    view.destroy();
    send("gone");
  };
}

export default { render };
