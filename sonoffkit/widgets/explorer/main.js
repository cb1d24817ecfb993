// The explorer put together, and render(), which makes it for a notebook's widget.

const STRIP_WIDTH = 222; // "system parameters flag" fits
const NARROW_STRIP = 78; // it has no room for names
const LOW_HEIGHT = 362;
const MAP_HEIGHT = 322;
const NARROW = 680;
const SIDE = 372; // numbers and lists: a region's row is whole
const LEAST_SIDE = 320; // narrower, they go below the bytes
const SELECTION_EVERY_MS = 200;
const NUMBERS_EVERY_MS = 80;

/** The parts of the explorer, drawn together once a frame, and only what has changed. */
class Explorer {
  constructor(element, data, secrets) {
    this.host = element;
    const colours = new Colours(data.colours);
    this.state = new State(new Dump(data), data.other ? new Dump(data.other) : null, colours);
    this.map = new ByteMap(this.state);
    this.strip = new Strip(this.state);
    this.hexView = new HexView(this.state);
    this.facts = new Facts(this.state);
    this.lists = new Lists(this.state);
    this.toolbar = new Toolbar(this.state, secrets);
    this.status = new Status(this.state);
    this.side = make("div", "fx-side", {}, [this.facts.element, this.lists.element]);
    this.low = make("div", "fx-low", {}, [this.hexView.element, this.side]);
    this.body = make("div", "fx-body", {}, [this.strip.element, this.map.element, this.low]);
    this.root = make("div", "fx", { role: "group", "aria-label": `Flash explorer: ${this.state.first.name || "a dump"}` }, [
      this.toolbar.element, this.body, this.status.element, helpLine(this.state),
    ]);
    element.append(this.root);
    this._dirty = new Set();
    this._listen();
    this._watch();
    this.resize();
    this.lists.findStrings();
  }

  _listen() {
    const { state } = this;
    const dirty = (...parts) => () => this.needs(...parts);
    const findStrings = settled(() => this.lists.findStrings(), 120);
    state.on("select", dirty("map", "over", "hex", "status", "toolbar"));
    state.on("select", () => this._needsSoon());
    state.on("select", findStrings);
    state.on("view", dirty("map", "over", "status", "toolbar"));
    state.on("hex", dirty("hex"));
    state.on("hover", (before) => {
      this.needs("over", "status");
      if (this.hexView.shows(before) || this.hexView.shows(state.hover)) this.needs("hex");
    });
    state.on("colour", dirty("map", "toolbar"));
    state.on("hits", dirty("map", "strip", "lists", "toolbar"));
    state.on("hits", () => state.hits.length && this.lists.shown !== "hits" && this.lists.open("hits"));
    state.on("bytes", () => this._bytesChanged());
    listenToMap(this.map, state);
    listenToStrip(this.strip, state);
    listenToHex(this.hexView, state);
    listenToKeys(this.root, { state, hexView: this.hexView, toolbar: this.toolbar, map: this.map.element });
  }

  _bytesChanged() {
    this.map.forget();
    this.strip.forget();
    this.lists.findStrings();
    this.needs("map", "over", "strip", "hex", "facts", "lists", "status", "toolbar");
  }

  /** Follow the width of the notebook's cell and the theme. */
  _watch() {
    this._sizes = new ResizeObserver(() => {
      if (this.host.clientWidth && this.host.clientWidth !== this._hostWidth) this.resize();
    });
    this._sizes.observe(this.host);
    this._theme = new MutationObserver(() => this.restyle());
    for (const element of [document.body, document.documentElement]) {
      this._theme.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-name", "data-jp-theme-light"] });
    }
    this._dark = matchMedia("(prefers-color-scheme: dark)");
    this._dark.addEventListener("change", (this._restyle = () => this.restyle()));
  }

  destroy() {
    this._sizes.disconnect();
    this._theme.disconnect();
    this._dark.removeEventListener("change", this._restyle);
    cancelAnimationFrame(this._frame);
    clearTimeout(this._soon);
    this.root.remove();
  }

  /** The theme has changed; its style sheet may come a moment later. */
  restyle() {
    const paint = () => {
      this.theme = plainColours(themeOf(this.root));
      this.map.forget();
      this.needs("map", "over", "strip", "facts");
    };
    paint();
    setTimeout(paint, 300);
  }

  resize() {
    this._hostWidth = this.host.clientWidth;
    const width = Math.max(318, this.root.clientWidth || 960);
    const narrow = width < NARROW;
    // Beside a strip of full height, bytes and lists would be cramped: then they have the whole width, below it.
    const below = narrow || width - 36 - STRIP_WIDTH < this.hexView.widthFor(8) + SIDE;
    this.root.classList.toggle("fx-narrow", narrow);
    this.root.classList.toggle("fx-below", below);
    const strip = narrow ? NARROW_STRIP : STRIP_WIDTH;
    const height = below ? MAP_HEIGHT : MAP_HEIGHT + LOW_HEIGHT + 10;
    const inner = width - 24;
    const ratio = screenRatio(inner, height);
    this.ratio = ratio;
    const main = inner - strip - 12;
    this.strip.resize(strip, height, ratio);
    this.map.resize(main, MAP_HEIGHT, ratio);
    const low = below ? inner : main;
    const beside = narrow ? 0 : SIDE;
    const fitting = [16, 8].find((count) => this.hexView.widthFor(count) + beside <= low) || 8;
    const hexWidth = narrow ? low : Math.min(this.hexView.widthFor(fitting), low);
    this.stacked = narrow || low - hexWidth < LEAST_SIDE;
    this.root.classList.toggle("fx-stacked", this.stacked);
    this.hexView.element.style.width = `${hexWidth}px`;
    this.hexView.resize(hexWidth, LOW_HEIGHT);
    const side = this.stacked ? low : low - hexWidth - 14;
    this.factsWidth = Math.floor((this.stacked && !narrow ? (side - 20) / 2 : side) - 2);
    this.theme = plainColours(themeOf(this.root));
    this.needs("map", "over", "strip", "hex", "facts", "lists", "status", "toolbar");
  }

  /** Draw some parts with the next frame. */
  needs(...parts) {
    for (const part of parts) this._dirty.add(part);
    this._frame ||= requestAnimationFrame(() => this._draw());
  }

  /** Numbers and lists follow a drag a few times a second: nobody reads faster, and the drag stays smooth. */
  _needsSoon() {
    this._soon ||= setTimeout(() => {
      this._soon = 0;
      this.needs("facts", "lists");
    }, NUMBERS_EVERY_MS);
  }

  /** Draw now all that has changed. */
  draw() {
    if (this._soon) this.needs("facts", "lists");
    clearTimeout(this._soon);
    this._soon = 0;
    this._draw();
  }

  _draw() {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    const parts = this._dirty;
    this._dirty = new Set();
    const { theme } = this;
    if (parts.has("map")) this.map.draw(theme);
    if (parts.has("strip")) this.strip.draw(theme);
    if (parts.has("over")) {
      this.map.drawHover(theme);
      this.strip.drawOver(theme);
    }
    if (parts.has("hex")) this.hexView.draw();
    if (parts.has("facts")) this.facts.draw(theme, this.factsWidth, this.ratio);
    if (parts.has("lists")) this.lists.draw();
    if (parts.has("status")) this.status.draw();
    if (parts.has("toolbar")) this.toolbar.draw();
  }
}

/** Colours as #rrggbb, whatever the theme writes, because the pictures' pixels need numbers. */
function plainColours(theme) {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  return Object.fromEntries(Object.entries(theme).map(([name, colour]) => {
    for (const fill of [theme.paper, colour]) { // a theme's texts may be half transparent
      context.fillStyle = fill;
      context.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return [name, `#${[red, green, blue].map((value) => hex(value, 2)).join("")}`.toLowerCase()];
  }));
}

/** The explorer of a widget's model in its element; gives what takes it away again. */
function render({ model, el }) {
  const names = ["name", "payload", "entropy", "block", "ceiling", "regions", "masks", "colours", "other"];
  const data = Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const explorer = new Explorer(el, data, {
    reveal: () => model.send({ type: "reveal" }),
    hide: () => model.send({ type: "hide" }),
  });
  const { state } = explorer;
  let own = false;
  const follow = () => {
    if (own) return;
    const [start, end] = model.get("selection");
    if (end > start) state.select(start, end);
    else state.clear();
  };
  follow();
  state.on("select", throttled(() => {
    own = true;
    model.set("selection", [state.start, state.end]);
    own = false;
    model.save_changes();
  }, SELECTION_EVERY_MS));
  const answer = (message, buffers) => {
    if (message.type === "revealed") message.ranges.forEach(([which, start], index) => state.dumps[which].reveal(start, toBytes(buffers[index])));
    if (message.type === "hidden") state.dumps.forEach((dump) => dump.hide());
    if (message.type === "show") state.select(message.start, message.end);
    else state.bytesChanged();
  };
  model.on("change:selection", follow);
  model.on("msg:custom", answer);
  model.send({ type: "ready" });
  return () => {
    model.off("change:selection", follow);
    model.off("msg:custom", answer);
    explorer.destroy();
  };
}

export default { render };
