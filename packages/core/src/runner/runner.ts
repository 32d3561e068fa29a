import type { Environment, Failure } from "../connection/environment.ts";
import { messageFrame } from "../outbox/frame.ts";
import type { End, Link, Receiver } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import type { Watched } from "../connection/watch.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { pending } from "../internal/deferred.ts";
import type { ChannelLayer, Seat } from "../layer/channel-layer.ts";
import type { LayerMessage } from "../layer/message.ts";
import { arrivedData } from "./arrived-data.ts";
import { type ClassInfo, reportUnhandled, shippingOf } from "./class-info.ts";
import { isServersDoing } from "../consumer/close-code.ts";
import type { Arrival, ConsumerBase } from "../consumer/consumer-base.ts";
import { EventLane, lostEvent } from "./event-lane.ts";
import { answerTo, isAbort } from "./failure.ts";
import { fairShare, inAnotherTurn, mayGoOn } from "./fair-turn.ts";
import { FrameLane } from "./frame-lane.ts";
import type { ConsumerRunner, OutgoingEvent } from "../consumer/consumer-runner.ts";
import type { GroupSendOptions } from "../consumer/group.ts";
import { outgoingData } from "./outgoing-data.ts";
import { Overlaps, reportLate, reportStuck } from "./overlaps.ts";
import { StopConsumer } from "../consumer/stop-consumer.ts";

/** What a runner is made for. */
export interface RunnerParts {
  readonly scope: Scope;
  readonly link: Link;
  readonly info: ClassInfo;
  /** Validated path parameters. */
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Runs one consumer: gives it frames and events one at a time, and ends it once.
 *
 * Two lanes wait for their turn and alternate: frames from the peer (when full, the socket is no longer read) and events
 * from the layer (when full, the overflow policy decides). While nothing waits and nothing runs, an event goes straight
 * from the hub to the handler: no promise, no closure, no copy.
 */
export class Runner implements ConsumerRunner, Receiver, Watched {
  readonly scope: Scope;
  readonly link: Link;
  readonly info: ClassInfo;
  readonly params: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  handlerName = "";
  runningSinceMs = 0;
  watch: "out" | "running" | "resting" = "out";
  /** Whether a handler that ran when it was ended has failed since, or did not come to an end in time. */
  isCutShort = false;
  #consumer: ConsumerBase | undefined;
  #busy = false;
  #overlaps: Overlaps | undefined;
  #frames: FrameLane | undefined;
  #events: EventLane | undefined;
  #eventTurn = false;
  #isResting = false;
  #seat: Seat | undefined;
  #controller: AbortController | undefined;
  #end: End | undefined;
  #endedAtMs = 0;
  #isDisconnected = false;
  #isReleased = false;
  #isReported = false;
  #settled: (() => void) | undefined;
  #rejected: ((error: unknown) => void) | undefined;
  #waiters: (() => void)[] | undefined;

  constructor(parts: RunnerParts) {
    this.scope = parts.scope;
    this.link = parts.link;
    this.info = parts.info;
    this.params = parts.params;
    this.environment = parts.link.environment;
  }

  get #isOverlapping(): boolean {
    return this.#overlaps !== undefined && this.#overlaps.size > 0;
  }

  get consumerName(): string {
    return this.info.name;
  }

  get path(): string {
    return this.scope.path;
  }

  get connectionId(): string {
    return this.link.id;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#end !== undefined) this.#controller.abort(this.#end);
    }
    return this.#controller.signal;
  }

  get layer(): ChannelLayer {
    const { layerName, name } = this.info;
    const layer = this.environment.layers.get(layerName);
    if (layer === undefined) throw new SolentError("CONSUMER_NO_LAYER", { consumer: name, layer: layerName });
    return layer;
  }

  /** The consumer's place on its layer, taken at the first use: a consumer without groups costs the layer nothing. */
  get seat(): Seat {
    if (this.#seat === undefined) {
      this.#seat = this.layer.attach(this);
      if (this.#end !== undefined) this.#seat.close();
    }
    return this.#seat;
  }

  get channelName(): string {
    return this.seat.channelName;
  }

  /** Makes the consumer and lets it decide about the connection. */
  start(): void {
    this.link.open(this);
    const { consumerClass, groups } = this.info;
    this.#busy = true;
    let work: void | Promise<void>;
    // A class's fields are set by its constructor, so `room = this.group("bad name")` fails there.
    let step = "constructor";
    try {
      const consumer = (this.#consumer = new consumerClass({ runner: this }));
      step = "connect";
      work = groups.length === 0 ? consumer["~connect"]() : this.#joinAndConnect(consumer, groups);
    } catch (error) {
      this.#finishStep();
      this.fail(error, step);
      return;
    }
    if (work === undefined) {
      this.#runMain();
      this.#finishStep();
    } else this.#await(this.#consumer["~main"] === undefined ? work : work.then(() => this.#runMain()), "connect");
  }

  // What a consumer does of its own accord, beside the handlers of its events and for as long as it likes.
  #runMain(): void {
    if (this.#end !== undefined) return;
    const work = this.#consumer?.["~main"]?.();
    if (work === undefined) return;
    this.handlerName = "handle";
    const overlaps = (this.#overlaps ??= new Overlaps(this));
    overlaps.begin("handle", {
      ...{ name: "handle", limit: Infinity, isLongLived: true, work },
      ended: (isFree) => this.#overlapEnded(isFree),
    });
    overlaps.rest(this.#isResting);
  }

  /** What `~main` does waits for the peer, or goes on: an idle connection is no work. */
  rest(isResting: boolean): void {
    this.#isResting = isResting;
    this.#overlaps?.rest(isResting);
  }

  async #joinAndConnect(consumer: ConsumerBase, groups: readonly string[]): Promise<void> {
    await Promise.all(groups.map((group) => this.seat.join(group)));
    await consumer["~connect"]();
  }

  /** Sends an event to a group; checked against the contract where the class has one. */
  publish(group: string, event: OutgoingEvent, options: GroupSendOptions | undefined): Promise<void> {
    const { type, data } = event;
    const { contract, events } = this.info;
    try {
      const checked = contract === undefined ? data : outgoingData(contract, event, this.environment);
      return this.layer.publish(group, {
        type,
        data: checked,
        sender: this.channelName,
        except: options?.except,
        validatedBy: contract,
        volatile: events.get(type)?.shipping.delivery === "volatile",
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes an event from the hub. The hot path. */
  deliver(message: LayerMessage): boolean {
    if (this.#end !== undefined) return false;
    if (this.#busy || this.#hasEvents) return this.#keep(message);
    this.#runEvent(message);
    if (!this.#busy && (this.#hasFrames || this.#end !== undefined)) this.#drain();
    return true;
  }

  /** Takes what it missed of a group, before everything new. */
  replay(messages: readonly LayerMessage[]): void {
    if (this.#end !== undefined) return;
    (this.#events ??= new EventLane(this)).replay(messages);
    if (!this.#busy) this.#drain();
  }

  /** Resolves when nothing runs and no event waits, or when it has ended. */
  async whenFree(): Promise<void> {
    while (this.#end === undefined && (this.#busy || this.#hasEvents)) {
      await new Promise<void>((resolve) => (this.#waiters ??= []).push(resolve));
    }
  }

  /** As `whenFree`, and no overlapping handler runs. */
  async whenStill(): Promise<void> {
    while (this.#end === undefined && (this.#busy || this.#hasEvents || this.#isOverlapping)) {
      await new Promise<void>((resolve) => (this.#waiters ??= []).push(resolve));
    }
  }

  receiveFrame(payload: string | Uint8Array): void {
    if (this.#end !== undefined) return;
    let arrival: Arrival | undefined;
    try {
      arrival = (this.#consumer as ConsumerBase)["~arrival"](payload);
    } catch (error) {
      this.fail(error, "receive");
      return;
    }
    if (arrival === undefined) return;
    if (this.#busy || this.#hasFrames) {
      (this.#frames ??= new FrameLane(this.link)).push(arrival);
      return;
    }
    this.#runFrame(arrival);
    if (!this.#busy) this.#drain();
  }

  receiveEnd(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#endedAtMs = performance.now();
    this.#controller?.abort(end);
    this.#seat?.close();
    this.#events?.clear();
    // What the peer had sent is handled, unless it was this server that ended it: nothing follows close() or a failure.
    if (isServersDoing(end)) this.#frames?.clear();
    this.environment.watch.add(this);
    this.#tellWaiters();
    if (!this.#busy && !this.#isOverlapping) this.#drain();
  }

  handleTick(nowMs: number): void {
    const { limits } = this.environment;
    if (this.#busy && !this.#isReported) this.#isReported = reportLate(this, this.environment, nowMs);
    if (this.#end === undefined) return;
    const sinceMs = this.#isDisconnected ? this.runningSinceMs : this.#endedAtMs;
    if (nowMs - sinceMs <= limits.disconnectGraceMs) return;
    reportStuck(this, this.environment, this.#isDisconnected);
    this.#frames?.clear();
    this.isCutShort ||= !this.#isDisconnected;
    if (this.#isDisconnected) this.#release(this.#end);
    else this.#disconnect(this.#end);
  }

  /** Everything a handler throws ends here: logged whole, and answered by the policy. */
  fail(error: unknown, handler: string): void {
    if (error instanceof StopConsumer) {
      this.link.close(closeCodes.normal.code, closeCodes.normal.reason, "server");
      return;
    }
    this.isCutShort ||= this.#end !== undefined && handler !== "disconnect";
    // Whatever was waiting on `this.signal` has done as it was told.
    if (this.#end !== undefined && isAbort(error, this.#end)) return;
    const { logger, observer } = this.environment;
    const failure: Failure = { consumer: this.info.name, handler, path: this.path, connectionId: this.connectionId };
    logger.error({ err: error, ...failure }, `${failure.consumer}.${handler}() failed`);
    if (observer.error.hasSubscribers) observer.error.publish({ id: this.connectionId, ...failure, error });
    if (this.#end !== undefined) return;
    const { code, reason } = closeCodes.handlerFailed;
    if (this.link.state === "connecting") {
      this.link.close(code, reason, "error");
      return;
    }
    const answer = answerTo(error, failure, this.environment);
    if (answer === "keep") return;
    this.link.close(answer === "close" ? code : answer.closeCode, reason, "error");
  }

  #runEvent(message: LayerMessage): void {
    const { type } = message.meta;
    const handler = this.info.events.get(type);
    if (handler === undefined) {
      this.tellUnknown("event", type);
      reportUnhandled(this.info, type, this.environment.logger);
      return;
    }
    const { contract } = this.info;
    const data =
      !handler.isTyped || message.validatedBy === contract
        ? message.data
        : arrivedData(this.info, message, this.environment.logger);
    if (data === undefined) return;
    const { event } = this.environment.observer;
    if (event.hasSubscribers) event.publish({ id: this.connectionId, consumer: this.info.name, ...message.meta });
    if (handler.forward !== undefined) {
      this.link.send(messageFrame(handler.forward, data, this.link.lane), shippingOf(handler, data));
      return;
    }
    this.#busy = true;
    let result: unknown;
    try {
      result = (handler.method as (event: unknown, meta: unknown) => unknown).call(this.#consumer, data, message.meta);
    } catch (error) {
      this.#busy = false;
      this.fail(error, handler.name);
      return;
    }
    const work = pending(result);
    if (work === undefined) this.#busy = false;
    else this.#overlapOrAwait(work, handler.name, type);
  }

  #runFrame(arrival: Arrival): void {
    this.#busy = true;
    let result: unknown;
    try {
      result = (this.#consumer as ConsumerBase)["~frame"](arrival);
    } catch (error) {
      this.#busy = false;
      this.fail(error, "receive");
      return;
    }
    const work = pending(result);
    if (work === undefined) this.#busy = false;
    else this.#overlapOrAwait(work, "receive", arrival.type);
  }

  // Frames and events alternate while both wait, so that neither side starves the other.
  #drain(freeSteps = 0): void {
    for (let left = freeSteps; !this.#busy && (this.#hasFrames || this.#hasEvents); left--) {
      if (left <= 0 && !mayGoOn()) {
        this.#busy = true;
        this.runningSinceMs = performance.now();
        inAnotherTurn(() => {
          this.#busy = false;
          this.#drain(fairShare);
        });
        return;
      }
      this.#eventTurn = !this.#eventTurn;
      if (this.#eventTurn && this.#drainEvent()) continue;
      if (!this.#drainFrame()) this.#drainEvent();
    }
    if (!this.#busy) this.#tellWaiters();
    const end = this.#end;
    if (end !== undefined && !this.#busy && !this.#isOverlapping && !this.#hasFrames) this.#disconnect(end);
  }

  #tellWaiters(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    for (const resolve of waiters) resolve();
  }

  #drainEvent(): boolean {
    const message = this.#events?.shift();
    if (message === undefined) return false;
    this.#runEvent(message);
    return true;
  }

  #drainFrame(): boolean {
    const arrival = this.#frames?.shift();
    if (arrival === undefined) return false;
    this.#runFrame(arrival);
    return true;
  }

  get #hasEvents(): boolean {
    return this.#events !== undefined && !this.#events.isEmpty;
  }

  get #hasFrames(): boolean {
    return this.#frames !== undefined && !this.#frames.isEmpty;
  }

  /** A handler waits for an answer of the peer, or none does any more. */
  awaitPeer(isWaiting: boolean): void {
    (this.#frames ??= new FrameLane(this.link)).awaitPeer(isWaiting);
  }

  #keep(message: LayerMessage): boolean {
    const outcome = (this.#events ??= new EventLane(this)).push(message);
    if (outcome === "taken") return true;
    if (lostEvent(this, message, outcome) === "disconnect")
      this.link.close(closeCodes.overloaded.code, closeCodes.overloaded.reason, "error");
    return false;
  }

  /** Tells the server's `onUnknown` about a frame or event of an unknown type. */
  tellUnknown(kind: "frame" | "event", type: string): void {
    const { consumerName: consumer, path, connectionId } = this;
    this.environment.onUnknown({ kind, type, consumer, path, connectionId });
  }

  #overlapOrAwait(work: Promise<unknown>, name: string, type: string): void {
    const limit = this.info.concurrent.get(type);
    if (limit === undefined || limit < 2) {
      this.#await(work, name);
      return;
    }
    const overlaps = (this.#overlaps ??= new Overlaps(this));
    this.handlerName = name;
    // Each overlapping run is watched by itself.
    this.#isReported = true;
    this.#busy = overlaps.begin(type, { name, limit, work, ended: (isFree) => this.#overlapEnded(isFree) });
  }

  #overlapEnded(isFree: boolean): void {
    if (isFree) this.#busy = false;
    if (!this.#busy) this.#drain();
  }

  /** Waits for an asynchronous handler; nothing else of this consumer runs meanwhile. */
  #await(work: Promise<unknown>, name: string): void {
    this.handlerName = name;
    this.runningSinceMs = performance.now();
    this.#isReported = false;
    this.environment.watch.add(this);
    this.#settled ??= () => this.#finishStep();
    this.#rejected ??= (error: unknown) => {
      this.fail(error, this.handlerName);
      this.#finishStep();
    };
    void work.then(this.#settled, this.#rejected);
  }

  #finishStep(): void {
    this.#busy = false;
    if (this.#end === undefined) this.environment.watch.rest(this);
    this.#drain();
  }

  #disconnect(end: End): void {
    if (this.#isDisconnected) return;
    this.#isDisconnected = true;
    this.#busy = true;
    this.handlerName = "disconnect";
    this.runningSinceMs = performance.now();
    this.#isReported = false;
    let work: Promise<unknown> | undefined;
    try {
      work = pending(this.#consumer?.["~disconnect"](end));
    } catch (error) {
      this.fail(error, "disconnect");
    }
    if (work === undefined) this.#release(end);
    else void work.catch((error: unknown) => this.fail(error, "disconnect")).finally(() => this.#release(end));
  }

  #release(end: End): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    // A handler that asked for a group after the end has taken a seat again.
    this.#seat?.close();
    this.environment.watch.delete(this);
    const { close } = this.environment.observer;
    if (close.hasSubscribers) close.publish({ id: this.connectionId, path: this.path, consumer: this.info.name, end });
  }
}
