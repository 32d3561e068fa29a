import type { GroupHistory, HistoryRead } from "../layer/channel-layer.ts";
import type { Joined, JoinOptions } from "../layer/member.ts";
import { requireGroupName } from "../layer/names.ts";
import type { ConsumerRunner } from "./consumer-runner.ts";

/** Options of one send to a group. */
export interface GroupSendOptions {
  /** Channel names that do not get it; `this.channelName` for everybody but oneself. */
  readonly except?: string | readonly string[];
}

/** A consumer's handle on a group. Memberships end with the consumer, whatever ended it. */
export class Group {
  /** The group's name. */
  readonly name: string;
  readonly #runner: ConsumerRunner;

  constructor(runner: ConsumerRunner, name: string) {
    requireGroupName(name);
    this.#runner = runner;
    this.name = name;
  }

  /**
   * Joins the group. When it resolves, every later send from anywhere is received, or a gap is signalled.
   *
   * With `since`, what came after that position is replayed first, through the same handlers (`meta.replayed`), where the group
   * remembers all of it; otherwise nothing is, and `recovered` is `false`.
   *
   * @throws {SolentError} LAYER_UNAVAILABLE, LAYER_BUSY, LAYER_CLOSED
   */
  join(options?: JoinOptions): Promise<Joined> {
    return this.#runner.seat.join(this.name, options);
  }

  /**
   * Reads what the group remembers, oldest first: nothing, unless the layer's option `history` names it.
   *
   * @throws {SolentError} CONFIG_INVALID, LAYER_UNAVAILABLE, LAYER_CLOSED
   */
  history(options?: HistoryRead): Promise<GroupHistory> {
    return this.#runner.layer.history(this.name, options);
  }

  /** Leaves the group. Nothing that is sent afterwards is received. Harmless when not a member. */
  leave(): Promise<void> {
    return this.#runner.seat.leave(this.name);
  }

  /**
   * Sends an event to every member, this consumer included if it is one.
   *
   * Resolves when the layer has accepted it, not when it is delivered. All members see the events of a group in one order.
   *
   * @throws {SolentError} CONTRACT_MISMATCH, EVENT_INVALID, MESSAGE_TOO_LARGE, LAYER_BUSY, LAYER_UNAVAILABLE
   */
  send(type: string, data: Readonly<Record<string, unknown>> = {}, options?: GroupSendOptions): Promise<void> {
    return this.#runner.publish(this.name, { type, data }, options);
  }
}
