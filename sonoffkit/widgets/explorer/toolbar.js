// The toolbar: go to, find, colours, regions, zoom, differences, secrets; and the legend below it.

const WARNING = "Whoever sees this screen, or a picture of it, can then read the passwords in this dump.";

class Toolbar {
  constructor(state, secrets) {
    this.state = state;
    this.goTo = this._field("Go to", "7F000 or name", "fx-goto", (words) => state.goTo(words));
    this.find = this._field("Find", "text", "fx-find", (words) => state.search(words, this.kind.value));
    this.kind = choice("What to find", "fx-kind", [["text", "text"], ["hex", "hex"]]);
    this.colour = choice("Colour", "fx-colour", [
      ["class", "kind of byte"], ["entropy", "entropy"], ["region", "region"], ...(state.second ? [["difference", "difference"]] : []),
    ]);
    this.region = choice("Region", "fx-region", [["", "Region …"], ...state.first.regions.map(({ name }, index) => [String(index), name])]);
    this.hits = make("span", "fx-count");
    this.kind.addEventListener("change", () => (this.find.placeholder = this.kind.value === "hex" ? "EA 04 10" : "text"));
    this.colour.addEventListener("change", () => state.setColour(this.colour.value));
    this.region.addEventListener("change", () => this._openRegion());
    this.warning = make("div", "fx-warning", { role: "alert" });
    this.warning.hidden = true;
    this.legend = make("div", "fx-legend");
    this.cell = make("span", "fx-cell");
    const keyline = make("div", "fx-keyline", {}, [...this._names(), this.legend, this.cell]);
    this.element = make("div", "fx-top", {}, [this._bar(secrets), this.warning, keyline]);
  }

  _bar(secrets) {
    const { state } = this;
    const groups = [
      [labelled("Go to", this.goTo), this.region],
      [labelled("Find", this.find), this.kind, button("‹", "Previous hit (N)", () => state.nextHit(-1)),
        button("›", "Next hit (n)", () => state.nextHit(1)), this.hits],
      [labelled("Colour", this.colour)],
      [button("−", "Zoom out (-)", () => state.zoom(1)), button("+", "Zoom in (+)", () => state.zoom(-1)),
        button("Whole", "Show the whole flash (0)", () => state.fit())],
    ];
    if (state.second) {
      groups.push([make("span", "fx-label", { text: "Difference" }),
        button("‹", "Previous difference (D)", () => state.nextDifference(-1), "fx-previous-difference"),
        button("›", "Next difference (d)", () => state.nextDifference(1), "fx-next-difference")]);
    }
    if (state.secrets.length) groups.push([this._revealButton(secrets)]);
    return make("div", "fx-bar", { role: "toolbar", "aria-label": "Flash explorer" }, groups.map((group) => make("div", "fx-group", {}, group)));
  }

  /** Which dump is A and which is B. */
  _names() {
    const { second, dumps } = this.state;
    const words = dumps.map(({ name }, which) => make("span", "", { text: `${"AB"[which]} = ${name || "no name"}` }));
    return second ? [make("div", "fx-names", {}, words)] : [];
  }

  _field(label, placeholder, className, enter) {
    const field = make("input", `fx-field ${className}`, { type: "text", placeholder, "aria-label": label, spellcheck: "false", autocomplete: "off" });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") enter(field.value);
    });
    return field;
  }

  _openRegion() {
    const region = this.state.first.regions[this.region.value];
    if (region) this.state.select(region.start, region.end);
    this.region.value = "";
  }

  _revealButton(secrets) {
    this.reveal = button("Reveal secrets", "Show the masked secrets", () => {
      if (this.state.revealed) secrets.hide();
      else this._ask(secrets);
    }, "fx-reveal");
    return this.reveal;
  }

  _ask(secrets) {
    const close = (call) => () => {
      this.warning.hidden = true;
      call?.();
      this.reveal.focus();
    };
    this.warning.replaceChildren(make("span", "", { text: `${WARNING} ` }),
      button("Show them", "Show the secrets", close(() => secrets.reveal()), "fx-yes"),
      button("Keep them masked", "Keep the secrets masked", close(), "fx-no"));
    this.warning.hidden = false;
    this.warning.querySelector(".fx-no").focus();
  }

  draw() {
    const { hits, hit, sought, geometry, revealed } = this.state;
    this.hits.textContent = sought ? (hits.length ? `${countText(hit + 1)} of ${countText(hits.length)}` : "none") : "";
    this.cell.textContent = `1 cell = ${sizeText(geometry.perCell)} · 1 row = 0x${hex(geometry.perRow)}`;
    if (this.reveal) put(this.reveal, revealed ? "Hide secrets" : "Reveal secrets", this.reveal.className);
    this.reveal?.setAttribute("aria-label", revealed ? "Hide the secrets" : "Show the masked secrets");
    this.element.classList.toggle("fx-open", revealed);
    this.colour.value = this.state.colour;
    if (this._drawn !== this.state.colour) this._drawLegend();
    this._drawn = this.state.colour;
  }

  _drawLegend() {
    const { colours, colour, first, second } = this.state;
    const items = {
      class: () => [...Object.entries(colours.classes).map(([name, fill]) => swatch(fill, CLASS_WORDS[name] || name)),
        swatch(colours.mixed, "several in a cell: mixed")],
      region: () => [...new Set(first.regions.map(({ kind }) => kind))].map((kind) => swatch(colours.region(kind), kind)),
      entropy: () => [swatch(`linear-gradient(90deg, ${ENTROPY_STOPS.join(", ")})`, "entropy 0 (blank) to 8 bits a byte (random)", "fx-wide")],
      difference: () => [],
    }[colour]();
    if (second) items.push(swatch("var(--fx-differs)", "differs"));
    if (this.state.secrets.length) items.push(swatch("", "a secret", "fx-hatched"));
    this.legend.replaceChildren(...items);
  }
}

function swatch(background, words, className = "") {
  const colour = make("i", `fx-swatch ${className}`);
  if (background) colour.style.background = background;
  return make("span", "fx-key", {}, [colour, words]);
}

function labelled(words, control) {
  return make("label", "fx-label", {}, [`${words} `, control]);
}

function choice(label, className, options) {
  return make("select", `fx-select ${className}`, { "aria-label": label }, options.map(([value, text]) => make("option", "", { value, text })));
}
