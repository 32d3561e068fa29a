import type { Connection } from "../../connection/connection.ts";
import type { Environment } from "../../connection/environment.ts";
import type { End, EndCause, Receiver } from "../../connection/link.ts";
import { closeCodes, closeRowOf } from "../../errors/close-codes.ts";
import { SolentError } from "../../errors/solent-error.ts";
import type { Shipping } from "../../outbox/backlog.ts";
import { Frame } from "../../outbox/frame.ts";
import type { Undecided } from "../decide.ts";

/** Who keeps the lanes of a connection. */
export interface LaneOwner {
  readonly connection: Connection;
  /** A lane has ended. */
  ended(lane: LaneLink): void;
  /** A lane takes no frames for now, or takes them again. */
  paused(by: 1 | -1): void;
}

/** The line of one consumer on a connection that several share. */
export class LaneLink implements Undecided {
  readonly id: string;
  readonly lane: number;
  readonly connection: Connection;
  readonly environment: Environment;
  readonly #owner: LaneOwner;
  readonly #timer: ReturnType<typeof setTimeout>;
  #state: "connecting" | "open" | "closed" = "connecting";
  #receiver: Receiver | undefined;
  #allows: ((payload: string | Uint8Array) => boolean) | undefined;
  #isPaused = false;

  constructor(lane: number, owner: LaneOwner) {
    const { connection } = owner;
    this.id = `${connection.id}/${lane}`;
    this.lane = lane;
    this.connection = connection;
    this.environment = connection.environment;
    this.#owner = owner;
    this.#timer = setTimeout(() => this.#refuse(408, "timeout"), this.environment.limits.handshakeTimeoutMs);
  }

  get state(): "connecting" | "open" | "closed" {
    return this.#state;
  }

  get isTaken(): boolean {
    return this.#receiver !== undefined;
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  accept(): void {
    if (this.#state === "open") throw new SolentError("CONSUMER_STATE", { call: "accept()", state: this.#state });
    if (this.#state === "closed") return;
    clearTimeout(this.#timer);
    this.#state = "open";
    this.#tell({ opened: this.lane });
  }

  deny(status: number): void {
    if (this.#state === "open") throw new SolentError("CONSUMER_STATE", { call: "deny()", state: this.#state });
    if (this.#state === "connecting") this.#refuse(status, "server");
  }

  close(code: number, reason: string, cause: EndCause): void {
    if (this.#state === "closed") return;
    if (this.#state === "connecting") this.#refuse(cause === "shutdown" ? 503 : 500, cause);
    else {
      this.#tell({ closed: this.lane, code, reason });
      this.end({ code, reason, cause });
    }
  }

  send(frame: Frame, shipping: Shipping | undefined): void {
    if (this.#state === "open") this.connection.send(frame, shipping);
  }

  guard(allows: (payload: string | Uint8Array) => boolean): void {
    const before = this.#allows;
    this.#allows = before === undefined ? allows : (payload) => before(payload) && allows(payload);
  }

  pause(): void {
    if (!this.#isPaused) this.#owner.paused(1);
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isPaused) this.#owner.paused(-1);
    this.#isPaused = false;
  }

  /** A frame for this lane has arrived. */
  receive(payload: string): void {
    if (this.#state !== "open" || (this.#allows !== undefined && !this.#allows(payload))) return;
    this.#receiver?.receiveFrame(payload);
  }

  /** It is over: the page has closed it, or the connection has ended. */
  end(end: End): void {
    if (this.#state === "closed") return;
    clearTimeout(this.#timer);
    this.#state = "closed";
    this.resume();
    this.#owner.ended(this);
    this.#receiver?.receiveEnd(end);
    this.#receiver = undefined;
  }

  // There is no HTTP answer to give: the close code says the same.
  #refuse(status: number, cause: EndCause): void {
    const { code, reason } = closeRowOf(status) ?? closeCodes.denied;
    this.#tell({ closed: this.lane, code, reason, status });
    this.end({ code: closeCodes.abnormal.code, reason: "", cause });
  }

  #tell(frame: object): void {
    this.connection.send(new Frame(JSON.stringify(frame)), undefined);
  }
}
