// Numbers and texts about bytes: pure functions that know neither a page nor a dump.

const CLASS_NAMES = ["00", "FF", "text", "low", "high"];
const CLASS_WORDS = { "00": "00", FF: "FF, blank", text: "text", low: "other, below 80", high: "other, 80 and up" };
const CLASS_OF = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0) return 0;
  if (byte === 255) return 1;
  if (isText(byte) || byte === 9 || byte === 10 || byte === 13) return 2;
  return byte < 128 ? 3 : 4;
});
const BLANK_BITS = 0.1;
const ENTROPY_WORDS = [
  [BLANK_BITS, "blank or one value"], [4.5, "tables or settings"], [5.8, "text"], [7.2, "program"],
  [7.5, "between program and compressed"], [8.01, "compressed or random"],
];
const SHORTEST_STRING = 6;

function isText(byte) {
  return byte >= 0x20 && byte <= 0x7e;
}

function hex(number, digits = 0) {
  return number.toString(16).toUpperCase().padStart(digits, "0");
}

function byteText(byte) {
  return isText(byte) ? String.fromCharCode(byte) : ".";
}

/** 1,536 bytes as "1.5 KB"; below 1 KB exact. */
function sizeText(bytes) {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const [unit, name] = bytes < 1 << 20 ? [1024, "KB"] : [1 << 20, "MB"];
  return `${(bytes / unit).toFixed(2).replace(/\.?0+$/, "")} ${name}`;
}

function countText(number) {
  return number.toLocaleString("en");
}

function histogramOf(bytes, start, end, into = new Uint32Array(256)) {
  for (let at = start; at < end; at++) into[bytes[at]]++;
  return into;
}

/** Shannon entropy in bits per byte, 0 to 8. */
function entropyOf(histogram) {
  let total = 0;
  for (const count of histogram) total += count;
  let bits = 0;
  for (const count of histogram) if (count) bits -= (count / total) * Math.log2(count / total);
  return Math.max(0, bits);
}

function entropyWords(bits) {
  return ENTROPY_WORDS.find(([upTo]) => bits <= upTo)[1];
}

/** Calls found(at, size) for each text that touches start..end; a text that reaches over its edge is given whole. */
function stringsIn(bytes, start, end, found) {
  let at = start;
  while (at > 0 && at < bytes.length && isText(bytes[at]) && isText(bytes[at - 1])) at--;
  const stop = Math.min(end, bytes.length);
  while (at < stop) {
    while (at < stop && !isText(bytes[at])) at++;
    let last = at;
    while (last < bytes.length && isText(bytes[last])) last++;
    if (at < stop && last - at >= SHORTEST_STRING) found(at, last - at);
    at = last + 1;
  }
  return at;
}

/** What to search for: {bytes, fold} or null where the words make no sense as hex. */
function searchPattern(words, kind) {
  if (kind === "text") return words ? { bytes: new TextEncoder().encode(words), fold: true } : null;
  const digits = words.replace(/0x/gi, "").replace(/[\s,:-]/g, "");
  if (!digits || digits.length % 2 || /[^0-9a-f]/i.test(digits)) return null;
  return { bytes: Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16)), fold: false };
}

/** The places of a pattern, at most `most`; text is found in capitals and small letters alike. */
function findAll(bytes, { bytes: pattern, fold }, most) {
  const same = Uint8Array.from({ length: 256 }, (_, byte) => (fold && byte >= 65 && byte <= 90 ? byte + 32 : byte));
  const wanted = pattern.map((byte) => same[byte]);
  const places = [];
  const last = bytes.length - wanted.length;
  for (let at = 0; at <= last && places.length < most; at++) {
    if (same[bytes[at]] !== wanted[0]) continue;
    let size = 1;
    while (size < wanted.length && same[bytes[at + size]] === wanted[size]) size++;
    if (size === wanted.length) places.push(at);
  }
  return places;
}

/** The index of the last of some sorted items that begins at or before an address, or -1. */
function lastAtOrBefore(starts, address) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
