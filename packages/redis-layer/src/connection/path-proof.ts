/** What became of a question: it should come back, it reached nobody, or its answer is all that can be had. */
export type Asked = "sent" | "nobody" | "alone";

/** How a path is proved, and what happens when it is not. */
export interface PathProofParts {
  readonly intervalMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** Publishes the text over one connection; it should come back over the other, where there is one. */
  readonly ask: (text: string) => Promise<Asked>;
  /** The path is broken: a connection is half open, or the two lead to different servers. */
  readonly fail: (why: string) => void;
}

const mark = "?";

/**
 * Shows again and again that what is published over one connection is answered there, and arrives on the other.
 *
 * It finds sockets that are half open, a server that hangs, and a server that was replaced by another for one of the two
 * connections only. So what is in flight has an end, whatever the network does.
 */
export class PathProof {
  readonly #parts: PathProofParts;
  #timer: ReturnType<typeof setInterval> | undefined;
  #asked = 0;
  /** The newest question that was answered where it was asked, and the newest that has come back over the other connection. */
  #answered = 0;
  #arrived = 0;
  #looks = 0;
  #error = "";

  constructor(parts: PathProofParts) {
    this.#parts = parts;
  }

  /** Begins, or begins anew: what was asked before does not count any more. */
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
    const { intervalMs, timeoutMs } = this.#parts;
    this.#looks += 1;
    if (this.#answered === this.#asked && this.#arrived === this.#asked) this.#ask();
    // Not by the clock: while this process stood still, nobody could have read the answer.
    else if (this.#looks * intervalMs >= timeoutMs) {
      this.#fail(`nothing came back within ${timeoutMs} ms${this.#error}`);
    }
  }

  #ask(): void {
    this.#asked += 1;
    this.#looks = 0;
    this.#error = "";
    const asked = this.#asked;
    this.#parts.ask(`${mark}${asked}`).then(
      (what) => {
        if (asked !== this.#asked || this.#timer === undefined) return;
        // Answers come in order: whatever was asked before is answered too.
        this.#answered = asked;
        if (what === "alone") this.#arrived = asked;
        if (what === "nobody")
          this.#fail("what is published on one connection reaches nobody: the other leads elsewhere");
      },
      (error: Error) => {
        // The connection has ended, and says so itself; or the server refuses, and that is why no answer comes.
        if (asked === this.#asked) this.#error = `: ${error.message}`;
      },
    );
  }

  #fail(why: string): void {
    this.stop();
    this.#parts.fail(why);
  }
}
