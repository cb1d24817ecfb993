// The strip: the whole flash from top to bottom with its entropy, its regions' names, and what the map shows of it.

const PROFILE = 36;
const BAR_X = PROFILE + 5;
const BAR = 16;
const REGION_X = BAR_X + BAR + 2;
const REGION = 9;
const TICK_X = REGION_X + REGION + 2;
const LABEL_X = TICK_X + 16;
const LABEL_STEP = 14;
const STRIP_TOP = 16;

class Strip {
  constructor(state) {
    this.state = state;
    this.base = document.createElement("canvas");
    this.over = document.createElement("canvas");
    this.element = make("div", "fx-strip", {
      role: "img", "aria-label": "The whole flash: entropy, regions, and the part that the byte map shows.",
    }, [this.base, this.over]);
    this.labels = [];
  }

  resize(width, height, ratio) {
    [this.width, this.height, this.ratio] = [width, height, ratio];
    for (const canvas of [this.base, this.over]) sizeCanvas(canvas, width, height, ratio);
    this.bar = height - STRIP_TOP - 6;
  }

  y(address) {
    return STRIP_TOP + (address / Math.max(1, this.state.size)) * this.bar;
  }

  addressAt(y) {
    const share = clamp((y - STRIP_TOP) / this.bar, 0, 1);
    return clamp(Math.floor(share * this.state.size), 0, Math.max(0, this.state.size - 1));
  }

  /** The region whose name is at a point, or null. */
  labelAt(x, y) {
    if (x < LABEL_X - 4) return null;
    const label = this.labels.find((one) => Math.abs(one.y - y) <= LABEL_STEP / 2);
    return label ? label.region : null;
  }

  draw(theme) {
    const context = this.base.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = SMALL_FONT;
    context.fillStyle = theme.quiet;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText("entropy", 0, 10);
    this._drawProfile(context, theme);
    this._drawBytes(context);
    this._drawRegions(context, theme);
    this._drawTicks(context, theme);
  }

  _drawProfile(context, theme) {
    const { first } = this.state;
    const scale = PROFILE / 8;
    context.fillStyle = theme.line;
    context.globalAlpha = 0.45;
    context.fillRect(0, STRIP_TOP, PROFILE, this.bar);
    context.globalAlpha = 1;
    for (let y = 0; y < this.bar; y++) {
      const from = Math.floor(((y / this.bar) * this.state.size) / first.block);
      const to = Math.min(first.entropy.length, Math.max(from + 1, Math.floor((((y + 1) / this.bar) * this.state.size) / first.block)));
      if (from >= to) continue;
      let [most, sum] = [0, 0];
      for (let index = from; index < to; index++) {
        most = Math.max(most, first.entropy[index]);
        sum += first.entropy[index];
      }
      const mean = sum / (to - from);
      context.fillStyle = theme.quiet;
      context.globalAlpha = 0.3;
      context.fillRect(0, STRIP_TOP + y, most * scale, 1);
      context.globalAlpha = 0.55;
      context.fillRect(0, STRIP_TOP + y, mean * scale, 1);
    }
    context.globalAlpha = 1;
    context.strokeStyle = theme.ink;
    context.setLineDash([2, 3]);
    context.lineWidth = 1;
    context.beginPath();
    line(context, first.ceiling * scale, STRIP_TOP, first.ceiling * scale, STRIP_TOP + this.bar);
    context.stroke();
    context.setLineDash([]);
  }

  /** The bytes' colours, a row of pixels for the bytes that fall on it. */
  _drawBytes(context) {
    const { first, colours, size } = this.state;
    const levels = (this._levels ||= colourLevels(first.bytes, colours));
    const perPixel = size / this.bar;
    const level = levels[clamp(Math.round(Math.log2(Math.max(1, perPixel / 16))), 0, levels.length - 1)];
    const perEntry = first.size / Math.max(1, level.length);
    for (let y = 0; y < this.bar; y++) {
      const address = y * perPixel;
      if (address >= first.size) break;
      const value = level[Math.min(level.length - 1, Math.floor(address / perEntry))];
      context.fillStyle = `rgb(${value & 255} ${(value >>> 8) & 255} ${(value >>> 16) & 255})`;
      context.fillRect(BAR_X, STRIP_TOP + y, BAR, 1.2);
    }
  }

  forget() {
    this._levels = null;
  }

  _drawRegions(context, theme) {
    const { regions } = this.state.first;
    const shortLast = [...regions].sort((one, two) => two.end - two.start - (one.end - one.start));
    for (const region of shortLast) {
      const from = this.y(region.start);
      context.fillStyle = this.state.colours.region(region.kind);
      context.fillRect(REGION_X, from, REGION, Math.max(2, this.y(region.end) - from - 0.5));
    }
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(BAR_X - 0.5, STRIP_TOP - 0.5, BAR + REGION + 3, this.bar + 1);
    this.labels = this.width > LABEL_X + 30 ? placeLabels(regions, this) : [];
    context.font = SMALL_FONT;
    context.textBaseline = "middle";
    for (const { region, y, middle } of this.labels) {
      context.strokeStyle = theme.quiet;
      context.globalAlpha = 0.5;
      context.beginPath();
      context.moveTo(REGION_X + REGION + 1, middle);
      context.lineTo(TICK_X + 6, middle);
      context.lineTo(LABEL_X - 4, y);
      context.stroke();
      context.globalAlpha = 1;
      context.fillStyle = region.kind === "blank" ? theme.quiet : theme.ink;
      context.fillText(shortened(context, region.name, this.width - LABEL_X - 2), LABEL_X, y);
    }
  }

  _drawTicks(context, theme) {
    const { hits, differences } = this.state;
    context.fillStyle = theme.differs;
    const perPixel = this.state.size / this.bar;
    for (let y = 0; differences && y < this.bar; y++) {
      if (differences.anyIn(Math.floor(y * perPixel), Math.ceil((y + 1) * perPixel))) context.fillRect(TICK_X, STRIP_TOP + y, 5, 1.5);
    }
    context.fillStyle = theme.hit;
    let last = -9;
    for (const { at } of hits) {
      const y = Math.floor(this.y(at));
      if (y !== last) context.fillRect(TICK_X, y - 1, 6, 2);
      last = y;
    }
  }

  drawOver(theme) {
    const context = this.over.getContext("2d");
    const { geometry, hover, isSelected, start, end, size } = this.state;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    if (!size) return;
    if (!geometry.isWhole) {
      const from = this.y(geometry.top);
      frame(context, BAR_X - 3, from, BAR + REGION + 8, Math.max(4, this.y(geometry.end) - from), theme);
    }
    if (isSelected) {
      const from = this.y(start);
      const high = Math.max(3, this.y(end) - from);
      context.fillStyle = theme.accent;
      context.globalAlpha = 0.25;
      context.fillRect(0, from, BAR_X - 2, high);
      context.globalAlpha = 1;
      context.fillRect(BAR_X - 4, from, 3, high);
    }
    if (hover) {
      context.fillStyle = theme.ink;
      context.fillRect(0, Math.round(this.y(hover.address)), TICK_X, 1);
    }
  }
}

/** Names beside their regions without overlap; where they don't all fit, the largest and the unlike stay. */
function placeLabels(regions, strip) {
  const room = Math.max(1, Math.floor(strip.bar / LABEL_STEP));
  const weight = ({ start, end, kind }) => (end - start) * (kind === "blank" || kind === "unknown" ? 0.1 : 1);
  const shown = new Set([...regions].sort((one, two) => weight(two) - weight(one)).slice(0, room));
  const labels = regions.filter((region) => shown.has(region)).map((region) => {
    const middle = (strip.y(region.start) + strip.y(region.end)) / 2;
    return { region, middle, y: middle };
  });
  const [top, bottom] = [STRIP_TOP + LABEL_STEP / 2, STRIP_TOP + strip.bar - LABEL_STEP / 2 + 4];
  let above = top - LABEL_STEP;
  for (const label of labels) above = label.y = Math.max(label.y, above + LABEL_STEP);
  let below = bottom + LABEL_STEP;
  for (const label of labels.reverse()) below = label.y = Math.min(label.y, below - LABEL_STEP);
  return labels.reverse();
}
