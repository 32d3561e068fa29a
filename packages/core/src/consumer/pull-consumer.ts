import type { End } from "../connection/link.ts";
import type { AcceptOptions } from "../connection/transport.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { type Deferred, deferred, pending } from "../internal/deferred.ts";
import { binaryFrame, textFrame } from "../outbox/frame.ts";
import { isServersDoing } from "./close-code.ts";
import type { ConsumerContext } from "./consumer-class.ts";
import { PullQueue } from "./pull-queue.ts";
import type { PullSocket } from "./pull-socket.ts";
import { type Admission, denyUndecided, SocketConsumer, type Undecided } from "./socket-consumer.ts";

const undecided: Undecided = {
  hook: "handle",
  remedy: "Wait for a message, send one, or call socket.accept() or socket.deny(status)",
};

/** Runs a function on a connection: what it is given is this consumer, as a `PullSocket`. */
export abstract class PullConsumer extends SocketConsumer implements PullSocket {
  readonly #queue: PullQueue;
  #deciding: Deferred<void> | undefined;
  #work: Promise<void> | undefined;
  #isMain = false;

  /** @internal */
  constructor(context: ConsumerContext) {
    super(context);
    const runner = context.runner;
    this.#queue = new PullQueue(runner.link, (isResting) => runner.rest(isResting));
    this.signal.addEventListener("abort", () => this.#ended(), { once: true });
  }

  /** The user's function. */
  abstract "~handle"(): unknown;

  wait(): Promise<string | Uint8Array | undefined> {
    this.#use();
    return this.#queue.wait();
  }

  read(): string | Uint8Array | undefined {
    this.#use();
    return this.#queue.shift();
  }

  hasMessages(): boolean {
    return this.#queue.size > 0;
  }

  countMessages(): number {
    return this.#queue.size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string | Uint8Array, undefined> {
    for (;;) {
      const message = await this.wait();
      if (message === undefined) return undefined;
      yield message;
    }
  }

  send(payload: string | Uint8Array): void {
    this.#use();
    this["~runner"].link.send(typeof payload === "string" ? textFrame(payload) : binaryFrame(payload), undefined);
  }

  override accept(options?: AcceptOptions): Admission {
    const admission = super.accept(options);
    this.#deciding?.resolve();
    return admission;
  }

  isWebSocket(): this is PullSocket {
    return true;
  }

  /** @internal */
  override "~connect"(): void | Promise<void> {
    const { link } = this["~runner"];
    // It may have ended while its groups were joined.
    if (link.state === "closed") return;
    this.#work = this.#handle();
    if (link.state !== "connecting") return;
    // Until it is decided no event is handled: an event's function must not let anybody in.
    this.#deciding = deferred();
    return this.#deciding.promise;
  }

  /** @internal */
  override "~main"(): Promise<void> {
    this.#isMain = true;
    return this.#work as Promise<void>;
  }

  /** @internal A message waits for whoever asks for it, not for a turn. */
  "~arrival"(payload: string | Uint8Array): undefined {
    this.#queue.push(payload);
  }

  /** @internal */
  "~frame"(): void {}

  /** @internal */
  override "~disconnect"(_end: End): unknown {
    // One that had ended before `~main` was due is waited for here.
    return this.#isMain ? undefined : this.#work;
  }

  // It never rejects: who waits for it need not care when that begins.
  async #handle(): Promise<void> {
    const runner = this["~runner"];
    const { link } = runner;
    try {
      await pending(this["~handle"]());
      denyUndecided(runner, undecided);
      link.close(closeCodes.normal.code, closeCodes.normal.reason, "server");
    } catch (error) {
      runner.fail(error, "handle");
      // What `onError` would keep is a connection that nobody reads any more.
      link.close(closeCodes.handlerFailed.code, closeCodes.handlerFailed.reason, "error");
    }
  }

  #use(): void {
    if (this["~runner"].link.state === "connecting") this.accept();
  }

  #ended(): void {
    this.#queue.end(!isServersDoing(this.signal.reason as End));
    this.#deciding?.resolve();
  }
}
