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
   * @throws {SolentError} LAYER_UNAVAILABLE, LAYER_CLOSED
   */
  join(): Promise<void> {
    return this.#runner.seat.join(this.name);
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
