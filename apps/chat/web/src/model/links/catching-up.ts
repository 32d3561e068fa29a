import { ClientError } from "@solent/client";
import type { Changes, Line } from "../../../../contract/words.ts";

/** What catching up needs of one connection. */
export interface CatchingUpOwner<L extends Line> {
  readonly changes: (since: number) => Promise<Changes<L>>;
  /** Takes lines that were said, edited or deleted. */
  readonly merge: (lines: readonly L[]) => void;
  /** Forgets what is known and loads it again: too much has changed. */
  readonly startAnew: () => void;
  /** Whether the server can be asked now. */
  readonly isLive: () => boolean;
}

/**
 * Finds out what happened while a connection was away, and what was lost on the way.
 *
 * It goes by revisions: every insert, edit and deletion has a higher one than those before. How far this page has come only
 * advances with what certainly has no gap before it: the events, in their order, and complete lists of changes. A reply to
 * a call of one's own may overtake events, so it does not count.
 */
export class CatchingUp<L extends Line> {
  readonly #owner: CatchingUpOwner<L>;
  /** Everything up to this revision is known; `undefined` before the first welcome. */
  #known: number | undefined;
  /** The highest revision heard of. */
  #heard = 0;
  /** The number of the question whose answer counts; none is open when it is `undefined`. */
  #asked: number | undefined;
  #questions = 0;

  constructor(owner: CatchingUpOwner<L>) {
    this.#owner = owner;
  }

  /**
   * The server has said welcome: to a new connection, or because events were lost on the way.
   *
   * @returns whether it was the first time: then its welcome is all there is to know.
   */
  welcomed(revision: number): boolean {
    this.#heard = Math.max(this.#heard, revision);
    if (this.#known === undefined) {
      this.#known = revision;
      return true;
    }
    void this.#ask();
    return false;
  }

  /** An event brought a line. */
  heard(line: L): void {
    this.#heard = Math.max(this.#heard, line.revision);
    // While an answer is awaited there may be a gap before this line.
    if (this.#asked === undefined && this.#known !== undefined) this.#known = this.#heard;
    this.#owner.merge([line]);
  }

  async #ask(): Promise<void> {
    const question = ++this.#questions;
    this.#asked = question;
    try {
      const { lines, isComplete } = await this.#owner.changes(this.#known ?? 0);
      if (this.#asked !== question) return;
      if (isComplete) this.#owner.merge(lines);
      else this.#owner.startAnew();
      this.#heard = Math.max(this.#heard, ...lines.map(({ revision }) => revision));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (this.#asked !== question) return;
      // Lost with the connection: the next welcome asks again, from the same revision.
      if (!this.#owner.isLive()) return;
      // It took longer than a call may; there is no other way than to ask again.
      if (error.code === "CLIENT_CALL_UNANSWERED") return this.#ask();
      this.#owner.startAnew();
    }
    this.#asked = undefined;
    this.#known = this.#heard;
  }
}
