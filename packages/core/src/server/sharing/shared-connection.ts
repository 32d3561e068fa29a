import type { Application } from "../../connection/application.ts";
import type { Connection } from "../../connection/connection.ts";
import type { End, Receiver } from "../../connection/link.ts";
import type { Scope } from "../../connection/scope.ts";
import { solentV1 } from "../../connection/subprotocol.ts";
import { closeCodes } from "../../errors/close-codes.ts";
import { Frame } from "../../outbox/frame.ts";
import { decide } from "../decide.ts";
import { withTarget } from "../handshake.ts";
import { LaneLink, type LaneOwner } from "./lane-link.ts";

/** Where a connection is opened that several consumers share; after the root path. */
export const sharedPath = "/~solent";

const maxLanes = 100;
// As our client writes it. Other orders of the keys are read as JSON.
const laned = /^\{"ch":([1-9]\d{0,8})[,}]/;

/** Lets each lane of a connection be opened with a path of its own, as if it were a connection of its own. */
export function sharedApplication(app: Application): Application {
  return {
    handle(scope, link) {
      link.open(new SharedConnection(app, scope, link.connection));
      link.accept(scope.subprotocols.includes(solentV1) ? { subprotocol: solentV1 } : {});
    },
  };
}

/** A connection that several consumers share: each frame says whose it is. */
class SharedConnection implements Receiver, LaneOwner {
  readonly consumerName = "(shared)";
  readonly connection: Connection;
  readonly #app: Application;
  readonly #scope: Scope;
  readonly #lanes = new Map<number, LaneLink>();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #paused = 0;
  #badFrames = 0;

  constructor(app: Application, scope: Scope, connection: Connection) {
    this.#app = app;
    this.#scope = scope;
    this.connection = connection;
    this.#waitForLane();
  }

  receiveFrame(payload: string | Uint8Array): void {
    if (typeof payload !== "string") return this.#complain();
    const lane = laned.exec(payload)?.[1];
    if (lane !== undefined) this.#lanes.get(Number(lane))?.receive(payload);
    else this.#receiveOther(payload);
  }

  receiveEnd(end: End): void {
    clearTimeout(this.#idle);
    for (const lane of this.#lanes.values()) lane.end(end);
  }

  ended(lane: LaneLink): void {
    this.#lanes.delete(lane.lane);
    if (this.#lanes.size === 0) this.#waitForLane();
  }

  paused(by: 1 | -1): void {
    this.#paused += by;
    if (by === 1 && this.#paused === 1) this.connection.pause();
    else if (this.#paused === 0 && this.connection.state === "open") this.connection.resume();
  }

  // Nobody needs a connection that nobody uses.
  #waitForLane(): void {
    const { code, reason } = closeCodes.timeout;
    clearTimeout(this.#idle);
    if (this.connection.state === "closed") return;
    const { handshakeTimeoutMs } = this.connection.environment.limits;
    this.#idle = setTimeout(() => this.connection.close(code, reason, "timeout"), handshakeTimeoutMs);
  }

  #receiveOther(payload: string): void {
    const { ch, open, close, path } = parse(payload);
    if (isLane(ch)) this.#lanes.get(ch)?.receive(payload);
    else if (isLane(open) && typeof path === "string") this.#open(open, path);
    else if (isLane(close)) this.#lanes.get(close)?.end({ code: closeCodes.normal.code, reason: "", cause: "client" });
    else this.#complain();
  }

  #open(number: number, path: string): void {
    const scope = withTarget(this.#scope, path);
    if (scope === undefined || this.#lanes.has(number)) return this.#complain();
    const lane = new LaneLink(number, this);
    clearTimeout(this.#idle);
    this.#lanes.set(number, lane);
    if (this.#lanes.size > maxLanes) lane.deny(503);
    else decide(this.#app, scope, lane);
  }

  #complain(): void {
    this.connection.send(new Frame('{"error":{"code":"FRAME_INVALID","path":[]}}'), undefined);
    this.#badFrames += 1;
    if (this.#badFrames < this.connection.environment.limits.maxBadFrames) return;
    this.connection.close(closeCodes.badFrame.code, closeCodes.badFrame.reason, "error");
  }
}

function parse(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isLane(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
