/** How a path is proved, and what happens when it is not. */
export interface PathProofParts {
  readonly intervalMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /**
   * Publishes the text over one connection; it should come back over the other. Answers how many heard it; `undefined` while
   * there is no other connection, and only the answer counts.
   */
  readonly ask: (text: string) => Promise<number | undefined>;
  /** The path is broken: a connection is half open, or the two lead to different servers. */
  readonly fail: () => void;
}

const mark = "?";

/**
 * Shows again and again that what is published over one connection is answered there, and arrives on the other.
 *
 * It finds sockets that are half open, a server that hangs, and a server that was replaced by another for one of the two
 * connections only.
 */
export class PathProof {
  readonly #parts: PathProofParts;
  #timer: ReturnType<typeof setInterval> | undefined;
  #asked = 0;
  /** The newest question that has been answered where it was asked, and the newest that has arrived on the other connection. */
  #answered = 0;
  #arrived = 0;
  #askedAtMs = 0;

  constructor(parts: PathProofParts) {
    this.#parts = parts;
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => this.#look(), this.#parts.intervalMs);
    this.#ask();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#answered = this.#asked;
    this.#arrived = this.#asked;
  }

  /** Takes a payload of the home channel. @returns whether it was a question of this kind. */
  answer(payload: Buffer): boolean {
    if (payload[0] !== mark.charCodeAt(0)) return false;
    const number = Number(payload.toString("latin1", mark.length));
    // Only the newest counts: older ones have been given up.
    if (number === this.#asked) this.#arrived = number;
    return true;
  }

  #look(): void {
    if (this.#answered === this.#asked && this.#arrived === this.#asked) this.#ask();
    else if (performance.now() - this.#askedAtMs >= this.#parts.timeoutMs) this.#fail();
  }

  #ask(): void {
    this.#asked += 1;
    this.#askedAtMs = performance.now();
    const asked = this.#asked;
    this.#parts.ask(`${mark}${asked}`).then(
      (receivers) => {
        if (asked !== this.#asked || this.#timer === undefined) return;
        // Answers come in order: whatever was asked before is answered too.
        this.#answered = asked;
        if (receivers === undefined) this.#arrived = asked;
        // This server knows no subscriber: the other connection leads elsewhere.
        if (receivers === 0) this.#fail();
      },
      () => {
        // The connection has ended, and says so itself; or an error of the server, and then no answer comes.
      },
    );
  }

  #fail(): void {
    this.stop();
    this.#parts.fail();
  }
}
