import { binaryFrame, textFrame } from "../outbox/frame.ts";
import type { End } from "../connection/link.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { cutReason, requireCloseCode } from "./close-code.ts";
import { type Arrival, ConsumerBase } from "./consumer-base.ts";
import { denyUndecided, type Undecided } from "./socket-consumer.ts";

/** What a `Consumer` sends: the protocol's own events. */
export type ProtocolEvent =
  | {
      readonly type: "websocket.accept";
      readonly subprotocol?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly type: "websocket.send"; readonly text: string }
  | { readonly type: "websocket.send"; readonly bytes: Uint8Array }
  | { readonly type: "websocket.close"; readonly code?: number; readonly reason?: string };

/** What `websocket_connect` takes. */
export interface WebSocketConnectEvent {
  readonly type: "websocket.connect";
}

/** What `websocket_receive` takes: a text or a binary frame. */
export type WebSocketReceiveEvent =
  | { readonly type: "websocket.receive"; readonly text: string; readonly bytes: undefined }
  | { readonly type: "websocket.receive"; readonly text: undefined; readonly bytes: Uint8Array };

/** What `websocket_disconnect` takes. */
export interface WebSocketDisconnectEvent extends End {
  readonly type: "websocket.disconnect";
}

/** Every protocol event that a `Consumer` receives. */
export type IncomingProtocolEvent = WebSocketConnectEvent | WebSocketReceiveEvent | WebSocketDisconnectEvent;

type ProtocolHandler = (event: IncomingProtocolEvent) => unknown;

const undecided: Undecided = {
  hook: "websocket_connect",
  remedy: 'Call this.send({ type: "websocket.accept" }) or this.send({ type: "websocket.close" })',
};

interface RawArrival extends Arrival {
  readonly payload: string | Uint8Array;
}

/**
 * A consumer at the level of the protocol: each protocol event calls the method named after it.
 *
 * Extend it with `websocket_connect`, `websocket_receive`, `websocket_disconnect`, and a method for each event type of its
 * groups. Throw `StopConsumer` to end it. The connection is denied unless `websocket_connect` accepts it.
 */
export class Consumer extends ConsumerBase {
  /**
   * Sends a protocol event to the peer; nothing happens once the connection has ended.
   *
   * @throws {SolentError} CONSUMER_STATE for an event that the connection's state does not allow, EVENT_INVALID for another type,
   *   CONFIG_INVALID for a close code that may not be sent.
   */
  send(event: ProtocolEvent): void {
    const { link } = this["~runner"];
    switch (event.type) {
      case "websocket.accept": {
        const { type: _type, ...options } = event;
        link.accept(options);
        return;
      }
      case "websocket.send":
        if (link.state === "connecting")
          throw new SolentError("CONSUMER_STATE", { call: "websocket.send", state: "connecting" });
        link.send("text" in event ? textFrame(event.text) : binaryFrame(event.bytes), undefined);
        return;
      case "websocket.close":
        requireCloseCode(event.code ?? closeCodes.normal.code);
        link.close(event.code ?? closeCodes.normal.code, cutReason(event.reason ?? ""), "server");
        return;
      default:
        throw new SolentError("EVENT_INVALID", {
          type: String((event as { type?: unknown }).type),
          rule: "a consumer sends websocket.accept, websocket.send and websocket.close",
        });
    }
  }

  /** @internal */
  async "~connect"(): Promise<void> {
    await this.#call("websocket_connect", { type: "websocket.connect" });
    denyUndecided(this["~runner"], undecided);
  }

  /** @internal */
  "~arrival"(payload: string | Uint8Array): RawArrival {
    return { type: "websocket.receive", payload };
  }

  /** @internal */
  "~frame"(arrival: Arrival): unknown {
    const { payload } = arrival as RawArrival;
    const type = "websocket.receive";
    return this.#call(
      "websocket_receive",
      typeof payload === "string"
        ? { type, text: payload, bytes: undefined }
        : { type, text: undefined, bytes: payload },
    );
  }

  /** @internal */
  "~disconnect"(end: End): unknown {
    return this.#call("websocket_disconnect", { type: "websocket.disconnect", ...end });
  }

  #call(
    name: "websocket_connect" | "websocket_receive" | "websocket_disconnect",
    event: IncomingProtocolEvent,
  ): unknown {
    const method = (this as unknown as Readonly<Record<string, ProtocolHandler | undefined>>)[name];
    return method?.call(this, event);
  }
}
