// Colours: of byte classes, regions and entropy as pixels, and of the notebook's theme.

// Dark to light with rising entropy, so that it reads in grey too.
const ENTROPY_STOPS = ["#00204d", "#213d6b", "#555b6c", "#7b7a77", "#a59c74", "#d3c064", "#ffea46"];
const BLANK_PIXEL = 0;

/** A pixel as the bytes of a canvas have it (little endian: a b g r). */
function pixel(red, green, blue) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function channels(colour) {
  const number = parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function mix(one, two, share) {
  return one.map((value, index) => Math.round(value + (two[index] - value) * share));
}

function entropyScale() {
  const stops = ENTROPY_STOPS.map(channels);
  return Uint32Array.from({ length: 256 }, (_, step) => {
    const place = (step / 255) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    return pixel(...mix(stops[below], stops[below + 1], place - below));
  });
}

class Colours {
  constructor({ regions, classes }) {
    this.regions = regions;
    this.classes = classes;
    this.ofClass = CLASS_NAMES.map((name) => channels(classes[name]));
    this.ofByte = Uint32Array.from(CLASS_OF, (index) => pixel(...this.ofClass[index]));
    this.ofEntropy = entropyScale();
  }

  /** What a cell of all kinds of bytes comes to. */
  get mixed() {
    const mean = [0, 1, 2].map((channel) => CLASS_OF.reduce((sum, index) => sum + this.ofClass[index][channel], 0) / 256);
    return `rgb(${mean.map(Math.round).join(" ")})`;
  }

  region(kind) {
    return this.regions[kind] || this.regions.unknown;
  }

  entropy(bits) {
    return this.ofEntropy[clamp(Math.round((bits / 8) * 255), 0, 255)];
  }
}

/** Mean colours of 16, 32, 64 ... bytes; level n has one pixel for 16 << n bytes. */
function colourLevels(bytes, colours) {
  const levels = [firstLevel(bytes, colours)];
  while (levels.at(-1).length > 1) levels.push(halved(levels.at(-1), levels.length % 2));
  return levels;
}

function firstLevel(bytes, { ofClass }) {
  const level = new Uint32Array(Math.ceil(bytes.length / 16));
  const [red, green, blue] = [0, 1, 2].map((channel) => Uint8Array.from(CLASS_OF, (name) => ofClass[name][channel]));
  for (let index = 0; index < level.length; index++) {
    const start = index * 16;
    const end = Math.min(start + 16, bytes.length);
    let [r, g, b] = [0, 0, 0];
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      r += red[byte];
      g += green[byte];
      b += blue[byte];
    }
    const count = end - start;
    level[index] = pixel(r / count, g / count, b / count);
  }
  return level;
}

/** Means of two neighbours; rounded up and down by turns, or the picture would grow darker level by level. */
function halved(level, up) {
  const half = new Uint32Array(Math.ceil(level.length / 2));
  for (let index = 0; index < half.length; index++) {
    const one = level[2 * index];
    const two = 2 * index + 1 < level.length ? level[2 * index + 1] : one;
    const apart = ((one ^ two) & 0xfefefefe) >>> 1;
    half[index] = up ? (one | two) - apart : (one & two) + apart;
  }
  return half;
}

/** The colours of the notebook's theme, as the style sheet gives them. */
function themeOf(root) {
  const style = getComputedStyle(root);
  const names = ["paper", "ink", "quiet", "line", "accent", "differs", "secret", "hit"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--fx-${name}`).trim()]));
}

/** Diagonal lines for what is masked: they read as "covered" without a colour. */
function hatching(context, theme) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const draw = tile.getContext("2d");
  draw.fillStyle = theme.paper;
  draw.fillRect(0, 0, 6, 6);
  draw.strokeStyle = theme.secret;
  draw.lineWidth = 1.6;
  for (const shift of [-6, 0, 6]) {
    draw.beginPath();
    draw.moveTo(shift - 1, 7);
    draw.lineTo(shift + 7, -1);
    draw.stroke();
  }
  return context.createPattern(tile, "repeat");
}
