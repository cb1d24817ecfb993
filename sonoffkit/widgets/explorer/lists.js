// Lists that lead into the bytes: regions, texts of the selection, search hits, differences, secrets.

const MOST_STRINGS = 500;
const MOST_ROWS = 300;
const SLICE = 1 << 20;

class Lists {
  constructor(state) {
    this.state = state;
    this.tabs = make("div", "fx-tabs", { role: "tablist", "aria-label": "Lists" });
    this.rows = make("ul", "fx-rows");
    this.list = make("div", "fx-list", { role: "tabpanel", tabindex: -1 }, [this.rows]);
    this.element = make("section", "fx-lists", {}, [this.tabs, this.list]);
    this.strings = { found: [], count: 0, done: true };
    this.names = {
      regions: "Regions", strings: "Strings", hits: "Found",
      ...(state.second && { differences: "Differences" }), ...(state.secrets.length && { secrets: "Masked" }),
    };
    this.buttons = Object.fromEntries(Object.keys(this.names).map((name) => [name, this._makeTab(name)]));
    this.tabs.append(...Object.values(this.buttons));
    this.open("regions");
  }

  _makeTab(name) {
    const tab = button(this.names[name], this.names[name], () => this.open(name), "fx-tab");
    tab.setAttribute("role", "tab");
    tab.dataset.tab = name;
    return tab;
  }

  open(name) {
    this.shown = name;
    for (const [other, tab] of Object.entries(this.buttons)) tab.setAttribute("aria-selected", other === name);
    this.list.scrollTop = 0;
    this.draw();
  }

  draw() {
    const counts = {
      regions: this.state.first.regions.length,
      strings: this.strings.done ? this.strings.count : null,
      hits: this.state.hits.length,
      differences: this.state.differences?.bytes,
      secrets: this.state.secrets.length,
    };
    for (const [name, tab] of Object.entries(this.buttons)) {
      const count = counts[name] === null ? "…" : countText(counts[name]);
      tab.textContent = `${this.names[name]} ${count}`;
      tab.setAttribute("aria-label", `${this.names[name]}: ${count}`);
    }
    this.list.setAttribute("aria-label", this.names[this.shown]);
    this._fill(this[`_${this.shown}`]());
  }

  /** New rows for old ones. The focus stays on its row: without it the next keys would be the notebook's. */
  _fill(rows) {
    const { place } = this.list.contains(document.activeElement) ? document.activeElement.dataset : {};
    this.rows.replaceChildren(...rows);
    if (place === undefined) return;
    const row = this.list.querySelector(`[data-place="${place}"]`) || this.list;
    row.focus({ preventScroll: true });
  }

  _row(start, end, text, { note = "", colour = "", selected = false, before = "" } = {}) {
    const row = button("", `Go to 0x${hex(start)}`, () => this.state.select(start, end), "fx-row");
    row.removeAttribute("aria-label");
    row.dataset.place = before + addressText(start, this.state.size);
    const mark = make("span", "fx-swatch");
    mark.style.background = colour;
    row.append(...(colour ? [mark] : []), make("span", "fx-place", { text: row.dataset.place }),
      make("span", "fx-name", { text }), make("span", "fx-note", { text: note, title: note }));
    if (selected) row.setAttribute("aria-current", "true");
    return make("li", "", {}, [row]);
  }

  _more(count) {
    return count > 0 ? [make("li", "fx-more", { text: `and ${countText(count)} more` })] : [];
  }

  _none(words) {
    return [make("li", "fx-more", { text: words })];
  }

  _regions() {
    const { first, start, end, isSelected, colours } = this.state;
    const rows = first.regions.slice(0, MOST_ROWS).map((region) => this._row(region.start, region.end, region.name, {
      note: [sizeText(region.end - region.start), region.note].filter(Boolean).join(", "),
      colour: colours.region(region.kind),
      selected: isSelected && region.start < end && region.end > start,
    }));
    return rows.length ? [...rows, ...this._more(first.regions.length - rows.length)] : this._none("No region is known.");
  }

  _strings() {
    const { found, count, done } = this.strings;
    const rows = found.slice(0, MOST_ROWS).map(([at, size]) =>
      this._row(at, at + size, this.state.first.textAt(at, Math.min(size, 120)) + (size > 120 ? "…" : "")));
    if (!rows.length) return this._none(done ? `No text of ${SHORTEST_STRING} or more characters is here.` : "Looking …");
    return [...rows, ...this._more(count - rows.length)];
  }

  _hits() {
    const { hits, hit, sought, dumps } = this.state;
    if (!hits.length) return this._none(sought ? "Nothing was found." : "Press / and type what to find.");
    const from = clamp(hit - 20, 0, Math.max(0, hits.length - MOST_ROWS));
    const rows = hits.slice(from, from + MOST_ROWS).map(({ at, which }, index) =>
      this._row(at, at + sought.size, dumps[which].textAt(Math.max(0, at - 8), Math.min(48, dumps[which].size - Math.max(0, at - 8))), {
        selected: from + index === hit, before: dumps.length > 1 ? `${"AB"[which]} ` : "",
      }));
    return [...rows, ...this._more(hits.length - from - rows.length)];
  }

  _differences() {
    const { differences } = this.state;
    if (!differences.bytes) return this._none("The two are the same, byte by byte.");
    const runs = differences.runs(MOST_ROWS);
    const head = `${countText(differences.bytes)} bytes in ${countText(differences.sectorCount)} sectors of 4 KB`;
    const rows = runs.map(([start, end]) => this._row(start, end, sizeText(end - start), {
      note: this.state.first.regionAt(start)?.name || "", selected: this.state.start === start && this.state.end === end,
    }));
    return [make("li", "fx-more", { text: head }), ...rows, ...(runs.length === MOST_ROWS ? this._none("and more") : [])];
  }

  _secrets() {
    return this.state.secrets.map(({ start, end, kind, which }) => this._row(start, end, kind, {
      note: `${sizeText(end - start)}${this.state.dumps[which].revealed ? ", shown" : ""}`,
      before: this.state.second ? `${"AB"[which]} ` : "",
    }));
  }

  /** Look for the selection's texts a slice at a time, so that the page stays alive. */
  findStrings() {
    const [start, end] = this.state.range;
    const { bytes } = this.state.first;
    const run = (this.strings = { found: [], count: 0, done: false });
    const stop = Math.min(end, bytes.length);
    let at = start;
    const work = () => {
      if (this.strings !== run) return; // the selection has changed meanwhile
      const after = stringsIn(bytes, at, Math.min(at + SLICE, stop), (place, size) => {
        if (run.count && place < run.last) return; // it reached over from the slice before
        run.last = place + size;
        if (run.count++ < MOST_STRINGS) run.found.push([place, size]);
      });
      at = Math.max(at + SLICE, after);
      run.done = at >= stop;
      if (run.done || run.count === run.found.length) this.draw();
      if (!run.done) setTimeout(work);
    };
    work();
  }
}
