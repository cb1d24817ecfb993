// One dump: its bytes, its regions, its entropy, and the masks over its secrets.

const STAR = 42;
const HISTOGRAM_STEP = 65536;

class Dump {
  constructor({ name = "", payload, entropy, block = 1024, ceiling = 8, regions = [], masks = [] }) {
    this.name = name;
    // A copy: what is revealed is written into it, and must never reach the widget's saved state.
    this.bytes = toBytes(payload).slice();
    this.entropy = toFloats(entropy);
    this.block = block;
    this.ceiling = ceiling;
    this.regions = [...regions].sort((one, two) => one.start - two.start);
    this.masks = [...masks].sort((one, two) => one[0] - two[0]);
    this.regionStarts = this.regions.map((region) => region.start);
    this.maskStarts = this.masks.map((mask) => mask[0]);
    this.maskEnds = runningMost(this.masks.map((mask) => mask[1]));
    this.revealed = false;
    this.count();
  }

  get size() {
    return this.bytes.length;
  }

  regionAt(address) {
    const region = this.regions[lastAtOrBefore(this.regionStarts, address)];
    return region && address < region.end ? region : null;
  }

  entropyAt(address) {
    return this.entropy[Math.floor(address / this.block)];
  }

  /** Whether a byte is a secret's, shown or not. */
  isSecret(address) {
    const index = lastAtOrBefore(this.maskStarts, address);
    return index >= 0 && address < this.maskEnds[index];
  }

  isMasked(address) {
    return !this.revealed && this.isSecret(address);
  }

  maskedIn(start, end) {
    if (this.revealed || !this.masks.length) return 0;
    let bytes = 0;
    let done = start;
    for (const [from, to] of this.masks) {
      bytes += Math.max(0, Math.min(to, end) - Math.max(from, done));
      done = Math.max(done, Math.min(to, end));
    }
    return bytes;
  }

  /** A text out of the dump; masked characters as dots. */
  textAt(at, size) {
    let text = "";
    for (let place = at; place < at + size; place++) text += this.isMasked(place) ? "•" : byteText(this.bytes[place]);
    return text;
  }

  reveal(start, bytes) {
    this.bytes.set(bytes.subarray(0, Math.max(0, this.size - start)), start);
    this.revealed = true;
  }

  hide() {
    for (const [start, end] of this.masks) this.bytes.fill(STAR, start, end);
    this.revealed = false;
  }

  /** The histogram of each 64 KB, so that a selection of any size is counted at once. */
  count() {
    this.histograms = [];
    for (let at = 0; at < this.size; at += HISTOGRAM_STEP) {
      this.histograms.push(histogramOf(this.bytes, at, Math.min(at + HISTOGRAM_STEP, this.size)));
    }
  }

  histogram(start, end) {
    const total = new Uint32Array(256);
    const stop = Math.min(end, this.size);
    const first = Math.ceil(start / HISTOGRAM_STEP);
    const last = Math.floor(stop / HISTOGRAM_STEP);
    if (first >= last) return histogramOf(this.bytes, start, stop, total);
    histogramOf(this.bytes, start, first * HISTOGRAM_STEP, total);
    for (let step = first; step < last; step++) {
      const part = this.histograms[step];
      for (let byte = 0; byte < 256; byte++) total[byte] += part[byte];
    }
    return histogramOf(this.bytes, last * HISTOGRAM_STEP, stop, total);
  }
}

/** For overlapping masks: up to where the masks so far reach. */
function runningMost(ends) {
  let most = 0;
  return ends.map((end) => (most = Math.max(most, end)));
}

/** Bytes from whatever carries them: a typed array or a DataView. */
function toBytes(value) {
  if (!value) return new Uint8Array(0);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Uint8Array.from(value);
}

/** Numbers of 32 bits, from an array of numbers or from their bytes. */
function toFloats(value) {
  if (value instanceof Float32Array || Array.isArray(value)) return Float32Array.from(value);
  return new Float32Array(toBytes(value).slice().buffer);
}
