import type { ChannelLayer } from "@solent/core";
import { site } from "../../contract/site.ts";
import { personGroup } from "../consumers/group-names.ts";
import type { ChatLog } from "../log.ts";
import type { Person } from "./person.ts";

/** How long to wait before what could not be told is told again. */
const againMs = 1_000;

/** Sign-outs that wait to be told, at most; beyond it, the connections end with their pages. */
const maxWaiting = 10_000;

/**
 * Tells everything that somebody has open that they have signed out: here, or everywhere.
 *
 * The session is over already, so signing out never fails. While Redis is away it is told again and again, so that no
 * connection on another node outlives its session for longer than that.
 */
export class SignOutNews {
  readonly #layer: ChannelLayer;
  readonly #log: ChatLog;
  #waiting = 0;
  readonly #stopped = new AbortController();

  constructor(layer: ChannelLayer, log: ChatLog) {
    this.#layer = layer;
    this.#log = log;
  }

  /** Tells that one session of somebody has ended; with `undefined`, all of them. Resolves after the first attempt. */
  async tell({ id }: Pick<Person, "id">, session: string | undefined): Promise<void> {
    const send = (): Promise<void> =>
      this.#layer.group(site, personGroup(id)).send("session.ended", session === undefined ? {} : { session });
    try {
      await send();
    } catch (error) {
      this.#log.warn({ err: error, userId: id }, "a sign-out could not be told, and is told later");
      if (this.#waiting < maxWaiting) void this.#tellLater(send);
    }
  }

  /** Tells no more. */
  stop(): void {
    this.#stopped.abort();
  }

  async #tellLater(send: () => Promise<void>): Promise<void> {
    this.#waiting++;
    for (let isTold = false; !isTold && !this.#stopped.signal.aborted;) {
      await new Promise((resolve) => setTimeout(resolve, againMs).unref());
      isTold = await send().then(
        () => true,
        () => false,
      );
    }
    this.#waiting--;
  }
}
