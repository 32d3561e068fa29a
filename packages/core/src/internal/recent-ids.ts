/**
 * Remembers the newest ids it was shown, up to a limit: finds what arrives twice.
 *
 * It keeps a hash of 63 bits of each, and no text: some thousand short strings that live for a while are what the garbage
 * collector copies most. That a new id is taken for a known one is as likely as 2 * `limit` in 2^63.
 */
export class RecentIds {
  readonly #limit: number;
  readonly #mask: number;
  // Two halves of a hash a place, open addressing, at most half full. Both halves 0 is an empty place.
  #newer: Int32Array;
  #older: Int32Array;
  #count = 0;
  #low = 0;
  #high = 0;

  /** At least `limit` ids are remembered, at most twice as many. */
  constructor(limit: number) {
    const places = 2 ** Math.ceil(Math.log2(limit * 2));
    this.#limit = limit;
    this.#mask = places - 1;
    this.#newer = new Int32Array(places * 2);
    this.#older = new Int32Array(places * 2);
  }

  /** Remembers an id; tells whether it is new. */
  add(id: string): boolean {
    if (this.has(id)) return false;
    const at = this.#find(this.#newer);
    this.#newer[at] = this.#low;
    this.#newer[at + 1] = this.#high;
    this.#count += 1;
    if (this.#count >= this.#limit) this.#turn();
    return true;
  }

  /** Whether it remembers an id. */
  has(id: string): boolean {
    this.#hash(id);
    return this.#newer[this.#find(this.#newer) + 1] !== 0 || this.#older[this.#find(this.#older) + 1] !== 0;
  }

  #hash(id: string): void {
    // FNV-1a, and the same with another factor and start.
    let low = 0x81_1c_9d_c5 | 0;
    let high = 0x2f_0b_4c_47;
    for (let i = 0; i < id.length; i += 1) {
      const code = id.charCodeAt(i);
      low = Math.imul(low ^ code, 0x01_00_01_93);
      high = Math.imul(high ^ code, 0x5b_d1_e9_95);
    }
    this.#high = (high ^ (high >>> 15)) | 1;
    this.#low = low;
  }

  // Two tables that change roles cost less than one from which the oldest is taken each time.
  #turn(): void {
    const forgotten = this.#older.fill(0);
    this.#older = this.#newer;
    this.#newer = forgotten;
    this.#count = 0;
  }

  // Where the id that was hashed last is, or the empty place where it would go.
  #find(table: Int32Array): number {
    let place = this.#low & this.#mask;
    while (table[place * 2 + 1] !== 0 && (table[place * 2] !== this.#low || table[place * 2 + 1] !== this.#high)) {
      place = (place + 1) & this.#mask;
    }
    return place * 2;
  }
}
