// Two dumps compared byte by byte; a byte that one of them lacks counts as different, a masked one does not.

const SECTOR = 4096;
const FLAG_BYTES = 16;

class Differences {
  constructor(first, second) {
    this.first = first;
    this.second = second;
    this.size = Math.max(first.size, second.size);
    this.compare();
  }

  /** Flags per 16 bytes, and counts: found again after secrets were revealed or hidden. */
  compare() {
    const { first: { bytes: one }, second: { bytes: two } } = this;
    const common = Math.min(one.length, two.length);
    this.flags = new Uint8Array(Math.ceil(this.size / FLAG_BYTES));
    this.perSector = new Uint16Array(Math.ceil(this.size / SECTOR));
    this.bytes = this.size - common;
    for (let at = 0; at < common; at++) {
      if (one[at] !== two[at]) {
        this.bytes++;
        this.flags[at >> 4] = 1;
        this.perSector[at >> 12]++;
      }
    }
    if (this.size > common) {
      this.flags.fill(1, common >> 4);
      for (let sector = common >> 12; sector < this.perSector.length; sector++) {
        const end = Math.min((sector + 1) * SECTOR, this.size);
        this.perSector[sector] += end - Math.max(common, sector * SECTOR);
      }
    }
    this.sectorCount = this.perSector.reduce((sum, count) => sum + (count > 0), 0);
  }

  at(address) {
    return this.first.bytes[address] !== this.second.bytes[address];
  }

  /** Whether anything differs in start..end. */
  anyIn(start, end) {
    const stop = Math.min(end, this.size);
    let at = start;
    while (at < stop) {
      if (!this.flags[at >> 4]) at = ((at >> 4) + 1) << 4;
      else if (this.at(at)) return true;
      else at++;
    }
    return false;
  }

  countIn(start, end) {
    const stop = Math.min(end, this.size);
    const [first, last] = [Math.ceil(start / SECTOR), Math.floor(stop / SECTOR)];
    if (first >= last) return this._countOneByOne(start, stop);
    let count = this._countOneByOne(start, first * SECTOR) + this._countOneByOne(last * SECTOR, stop);
    for (let sector = first; sector < last; sector++) count += this.perSector[sector];
    return count;
  }

  _countOneByOne(start, stop) {
    let count = 0;
    for (let at = start; at < stop; at++) {
      if (!this.flags[at >> 4]) at |= FLAG_BYTES - 1;
      else if (this.at(at)) count++;
    }
    return count;
  }

  /** The next run of differing bytes behind an address, as [start, end], or null. Gaps below 8 bytes don't end a run. */
  next(address) {
    for (let at = Math.max(0, address); at < this.size; at++) {
      if (!this.flags[at >> 4]) at |= FLAG_BYTES - 1;
      else if (this.at(at)) return [at, this._endOf(at)];
    }
    return null;
  }

  /** The last run that begins before an address. */
  previous(address) {
    for (let at = Math.min(address, this.size) - 1; at >= 0; at--) {
      if (!this.flags[at >> 4]) at = (at >> 4) << 4;
      else if (this.at(at)) return [this._startOf(at), at + 1];
    }
    return null;
  }

  /** The first runs, at most `most` of them. */
  runs(most) {
    const found = [];
    for (let run = this.next(0); run && found.length < most; run = this.next(run[1])) found.push(run);
    return found;
  }

  _endOf(start) {
    let end = start + 1;
    for (let at = end; at < this.size && at - end < 8; at++) if (this.at(at)) end = at + 1;
    return end;
  }

  _startOf(last) {
    let start = last;
    for (let at = last - 1; at >= 0 && start - at <= 8; at--) if (this.at(at)) start = at;
    return start;
  }
}
