import { binaryFrame, textFrame } from "../outbox/frame.ts";
import type { AnyContract } from "../contract/contract.ts";
import { closeCodes } from "../errors/close-codes.ts";
import type { Arrival } from "./consumer-base.ts";
import { ContractConsumer } from "./contract-consumer.ts";
import { requireAccepted, SocketConsumer } from "./socket-consumer.ts";
import type { ScopedConsumerClass, TypedConsumerClass } from "./typed.ts";

/** A text or binary frame that waits for its turn. */
interface RawArrival extends Arrival {
  readonly payload: string | Uint8Array;
}

/**
 * A WebSocket consumer that speaks text and bytes.
 *
 * Extend it and override `connect`, `receive`, `receiveBinary`, `disconnect`; add a method `chat_message(event)` for each
 * event type `chat.message` that its groups carry.
 */
export class WebSocketConsumer extends SocketConsumer {
  /** A consumer class that speaks the messages of `contract`. */
  static of<C extends AnyContract>(contract: C): TypedConsumerClass<C> {
    const speaking = class extends ContractConsumer {
      static readonly contract = contract;
    };
    // The class looks its messages up at run time; the typed face says the same by type.
    return speaking as unknown as TypedConsumerClass<C>;
  }

  /** The same class, for which routers demand these scope keys. */
  static needs<Needs>(): ScopedConsumerClass<Needs> {
    // Needs are types alone: routers check them, and nothing of them is left at run time.
    return this as unknown as ScopedConsumerClass<Needs>;
  }

  /** Called for each text frame, one at a time, in order. @default ignores it */
  receive(_text: string): void | Promise<void> {}

  /** Called for each binary frame, one at a time, in order. @default closes with 1003 */
  receiveBinary(_bytes: Uint8Array): void | Promise<void> {
    const { unsupportedData } = closeCodes;
    this["~runner"].link.close(unsupportedData.code, unsupportedData.reason, "error");
  }

  /**
   * Sends one text or binary frame. Never waits; nothing happens once the connection has ended.
   *
   * Frames of one event-loop turn leave in one write.
   *
   * @throws {SolentError} CONSUMER_STATE before the connection is accepted.
   */
  send(payload: string | Uint8Array): void {
    const { link } = this["~runner"];
    requireAccepted(link.state);
    link.send(typeof payload === "string" ? textFrame(payload) : binaryFrame(payload), undefined);
  }

  /** @internal */
  "~arrival"(payload: string | Uint8Array): RawArrival {
    return { type: "receive", payload };
  }

  /** @internal */
  "~frame"(arrival: Arrival): unknown {
    const { payload } = arrival as RawArrival;
    return typeof payload === "string" ? this.receive(payload) : this.receiveBinary(payload);
  }
}
