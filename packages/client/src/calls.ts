import { ClientError } from "./client-error.ts";
import type { RefusalFrame } from "./frame.ts";

interface OpenCall {
  readonly type: string;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: ClientError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
  wasSent: boolean;
}

/** The calls that wait for the server's answer. */
export class Calls {
  readonly #maxOpen: number;
  readonly #withdrawn: (id: number) => void;
  readonly #open = new Map<number, OpenCall>();
  #lastId = 0;

  /** `withdrawn` hears of a call that ends before it was sent. */
  constructor(maxOpen: number, withdrawn: (id: number) => void) {
    this.#maxOpen = maxOpen;
    this.#withdrawn = withdrawn;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#maxOpen;
  }

  /** Opens a call; `send` gets its number. */
  open(type: string, timeoutMs: number, send: (id: number) => void): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, `there was no answer within ${timeoutMs} ms`), timeoutMs);
      this.#open.set(id, { type, resolve, reject, timer, wasSent: false });
      try {
        send(id);
      } catch (error) {
        this.#take(id);
        reject(error);
      }
    });
  }

  /** The type of a call that waits, if it does. */
  typeOf(id: number): string | undefined {
    return this.#open.get(id)?.type;
  }

  /** Notes that a call is handed to the socket. */
  sent(id: number): void {
    const call = this.#open.get(id);
    if (call !== undefined) call.wasSent = true;
  }

  succeed(id: number, data: unknown): void {
    this.#take(id)?.resolve(data);
  }

  refuse(id: number, { code, path, data }: RefusalFrame["error"]): void {
    const call = this.#take(id);
    call?.reject(
      new ClientError("CLIENT_CALL_FAILED", `"${call.type}" failed: ${code}.`, { failure: { code, path, data } }),
    );
  }

  /** The socket is gone, and with it the answers to what was sent over it. */
  lost(): void {
    for (const [id, { wasSent }] of this.#open) if (wasSent) this.#fail(id, "the connection was lost");
  }

  /** Nothing will be sent or answered any more. */
  end(): void {
    for (const id of this.#open.keys()) this.#fail(id, "the connection has ended");
  }

  #fail(id: number, why: string): void {
    const call = this.#take(id);
    if (call === undefined) return;
    const { type, wasSent } = call;
    if (!wasSent) this.#withdrawn(id);
    const fate = wasSent ? "It may or may not have been handled." : "It was not sent.";
    call.reject(new ClientError("CLIENT_CALL_UNANSWERED", `"${type}": ${why}. ${fate}`, { wasSent }));
  }

  #take(id: number): OpenCall | undefined {
    const call = this.#open.get(id);
    if (call === undefined) return undefined;
    this.#open.delete(id);
    clearTimeout(call.timer);
    return call;
  }
}
