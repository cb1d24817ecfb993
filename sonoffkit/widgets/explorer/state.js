// What is looked at: selection, view, hover, hits. Every picture and list is drawn from this one state.

const MOST_HITS = 10000;

class State {
  constructor(first, second, colours) {
    this.first = first;
    this.second = second;
    this.dumps = second ? [first, second] : [first];
    this.size = Math.max(...this.dumps.map((dump) => dump.size));
    this.differences = second ? new Differences(first, second) : null;
    this.colours = colours;
    this.geometry = new Geometry(this.size);
    this.colour = "class";
    this.start = this.end = this.cursor = 0;
    this.anchor = [0, 0];
    this.hover = null;
    this.hexTop = 0;
    this.hits = [];
    this.hit = -1;
    this.sought = null;
    this._listeners = {};
  }

  /** Events: select, settle, view, hex, hover, bytes, hits, colour, say. */
  on(names, listener) {
    for (const name of names.split(" ")) (this._listeners[name] ||= []).push(listener);
  }

  tell(name, value) {
    for (const listener of this._listeners[name] || []) listener(value);
  }

  say(sentence) {
    this.tell("say", sentence);
  }

  get isSelected() {
    return this.end > this.start;
  }

  /** The selected range, or the whole flash where nothing is selected. */
  get range() {
    return this.isSelected ? [this.start, this.end] : [0, this.size];
  }

  get revealed() {
    return this.dumps.some((dump) => dump.revealed);
  }

  get secrets() {
    return this.dumps.flatMap((dump, which) => dump.masks.map(([start, end, kind]) => ({ start, end, kind, which })));
  }

  /** Select a range and look at its start. */
  select(start, end) {
    const from = clamp(Math.floor(start), 0, this.size);
    const to = clamp(Math.floor(end), from, this.size);
    this.anchor = [from, Math.min(from + 1, to)];
    this.cursor = from;
    this._set(from, to, from);
  }

  clear() {
    this.anchor = [this.cursor, this.cursor];
    this._set(0, 0, null);
  }

  /** Put the cursor on a cell of some bytes; with `extend`, select from where the selection began. */
  point(address, unit, extend = false) {
    if (!this.size) return;
    const from = clamp(address, 0, this.size - 1);
    const to = Math.min(from + unit, this.size);
    if (!extend || !this.isSelected) this.anchor = [from, to];
    this.cursor = from;
    this._set(Math.min(from, this.anchor[0]), Math.max(to, this.anchor[1]), from);
  }

  _set(start, end, look) {
    const changed = start !== this.start || end !== this.end;
    this.start = start;
    this.end = end;
    if (look !== null) this.lookAt(look);
    if (changed) this.tell("select");
  }

  lookAt(address) {
    const before = this.geometry.top;
    this.geometry.bring(address);
    if (this.geometry.top !== before) this.tell("view");
    this.tell("look", address);
  }

  setHover(address, which = 0) {
    if (address === null && !this.hover) return;
    if (this.hover && address === this.hover.address && which === this.hover.which) return;
    const before = this.hover;
    this.hover = address === null ? null : { address, which };
    this.tell("hover", before);
  }

  /** Nearer (-1) or farther (1), around the pointer's address, or with the cursor in the middle. */
  zoom(steps, address = null) {
    const { geometry } = this;
    geometry.zoom(steps, address ?? (this.isSelected ? this.cursor : geometry.top));
    if (address === null && this.isSelected) geometry.scrollTo(this.cursor - Math.floor(geometry.rows / 2) * geometry.perRow);
    this.tell("view");
  }

  fit() {
    this.geometry.fit();
    this.tell("view");
  }

  scrollTo(address) {
    this.geometry.scrollTo(address);
    this.tell("view");
  }

  setColour(colour) {
    this.colour = colour;
    this.tell("colour");
  }

  /** Find words; says how often, and goes to the first place behind the cursor. */
  search(words, kind) {
    const pattern = searchPattern(words, kind);
    this.sought = pattern && { words, kind, size: pattern.bytes.length };
    this.hits = pattern ? this._hitsOf(pattern) : [];
    this.hit = -1;
    this.tell("hits");
    if (!pattern) this.say(kind === "hex" ? "Type bytes as pairs of hex digits, as in: 0A FF 30." : "Type what to find.");
    else if (!this.hits.length) this.say(`“${words}” was not found.`);
    else this.nextHit(1, this.isSelected ? this.start - 1 : -1);
  }

  _hitsOf(pattern) {
    const size = pattern.bytes.length;
    const hits = this.dumps.flatMap((dump, which) =>
      findAll(dump.bytes, pattern, MOST_HITS)
        .filter((at) => !dump.maskedIn(at, at + size)) // asterisks that only stand for a secret
        .map((at) => ({ at, which })));
    return hits.sort((one, two) => one.at - two.at || one.which - two.which);
  }

  /** Go to the next hit (direction 1) or the one before (-1), round the end. */
  nextHit(direction, from = null) {
    if (!this.hits.length) return this.say("Nothing was searched for yet: press / to search.");
    const count = this.hits.length;
    if (from !== null) this.hit = Math.max(0, this.hits.findIndex(({ at }) => at > from));
    else this.hit = (this.hit + direction + count) % count;
    const { at } = this.hits[this.hit];
    this.select(at, at + this.sought.size);
    this.tell("hits");
    this.say(`Hit ${countText(this.hit + 1)} of ${countText(count)}${count >= MOST_HITS ? " or more" : ""}, at 0x${hex(at)}.`);
  }

  /** Go to the next difference (direction 1) or the one before (-1). */
  nextDifference(direction) {
    if (!this.differences) return this.say("There is no second dump here.");
    const { start, end } = this;
    const run = direction > 0
      ? this.differences.next(this.isSelected ? end : 0)
      : this.differences.previous(this.isSelected ? start : this.size);
    if (!run) return this.say(direction > 0 ? "No difference behind this place." : "No difference before this place.");
    this.select(...run);
    this.say(`${sizeText(run[1] - run[0])} with differences at 0x${hex(run[0])}.`);
  }

  /** Go to "0x7f000", "1000-2000", or a region by (a part of) its name. */
  goTo(words) {
    const wanted = words.trim();
    const place = /^(?:0x)?([0-9a-f]+)(?:\s*(?:-|–|\.\.)\s*(?:0x)?([0-9a-f]+))?$/i.exec(wanted);
    const region = this.regionNamed(wanted);
    if (region && !/^0x/i.test(wanted)) return this.select(region.start, region.end);
    if (!place) return this.say(`There is no address and no region “${wanted}”. Addresses are hex, as in 0x7F000.`);
    const start = parseInt(place[1], 16);
    if (start >= this.size) return this.say(`0x${hex(start)} lies behind the end: ${this.size ? `the last byte is at 0x${hex(this.size - 1)}.` : "the file is empty."}`);
    this.select(start, place[2] ? parseInt(place[2], 16) + 1 : start + 1);
  }

  regionNamed(words) {
    const small = words.toLowerCase();
    const regions = this.dumps.flatMap((dump) => dump.regions);
    return small && (regions.find(({ name }) => name.toLowerCase() === small)
      || (small.length > 2 && !/^[0-9a-f]+$/.test(small) && regions.find(({ name }) => name.toLowerCase().includes(small))));
  }

  /** After secrets were shown or covered again. */
  bytesChanged() {
    for (const dump of this.dumps) dump.count();
    this.differences?.compare();
    this.hits = [];
    this.hit = -1;
    this.tell("bytes");
    this.tell("hits");
  }
}
