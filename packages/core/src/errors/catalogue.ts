/** One row of the catalogue: everything that is known about an error code. */
export interface ErrorRow {
  /** The part of the framework that raises it. */
  readonly area: "CONFIG" | "ROUTE" | "CONTRACT" | "CONSUMER" | "LAYER" | "SERVER" | "CLIENT";
  /** Builds the sentence: what happened, to what, and what to do. Never contains a payload. */
  readonly message: (details: ErrorDetails) => string;
  /** The WebSocket close code a peer sees when this ends its connection. */
  readonly closeCode?: number;
  /** Whether doing the same again later can succeed. */
  readonly retryable: boolean;
}

/** The named facts an error carries, for logs and for its message. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** A stable error code. */
export type ErrorCode =
  | "CONFIG_INVALID"
  | "ROUTE_NOT_FOUND"
  | "ROUTE_INVALID"
  | "ROUTE_PROTOCOL"
  | "CONTRACT_INVALID"
  | "CONTRACT_ASYNC"
  | "CONTRACT_MISMATCH"
  | "FRAME_INVALID"
  | "FRAME_UNKNOWN_TYPE"
  | "FRAME_BINARY"
  | "FRAME_UNANSWERED"
  | "CONSUMER_INVALID"
  | "CONSUMER_UNDECIDED"
  | "CONSUMER_STATE"
  | "CONSUMER_NO_LAYER"
  | "REQUEST_UNANSWERED"
  | "BODY_INVALID"
  | "HANDLER_FAILED"
  | "CALL_FAILED"
  | "CALL_UNANSWERED"
  | "CALL_TOO_MANY"
  | "NAME_INVALID"
  | "EVENT_INVALID"
  | "MESSAGE_TOO_LARGE"
  | "CHANNEL_FULL"
  | "CHANNEL_UNREACHABLE"
  | "CHANNEL_TIMEOUT"
  | "LAYER_UNAVAILABLE"
  | "LAYER_UNCERTAIN"
  | "LAYER_BUSY"
  | "LAYER_CLOSED"
  | "SERVER_STATE"
  | "CONNECTION_DENIED";

// Escaped, because names and paths come from outside: a line break in one must not begin a line of its own in a log.
const text = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

/**
 * Every error code of Solent, in one table: types, docs and tests derive from it.
 *
 * A code never changes its meaning; removing one is a breaking change.
 */
export const catalogue: Readonly<Record<ErrorCode, ErrorRow>> = {
  CONFIG_INVALID: {
    area: "CONFIG",
    message: (d) => `The option ${text(d["option"])} is ${text(d["value"])}: ${String(d["rule"])}.`,
    retryable: false,
  },
  ROUTE_NOT_FOUND: {
    area: "ROUTE",
    message: (d) => `No route matches ${text(d["path"])}. Routes tried: ${String(d["tried"])}.`,
    closeCode: 4404,
    retryable: false,
  },
  ROUTE_INVALID: {
    area: "ROUTE",
    message: (d) => `The route ${text(d["pattern"])} is not usable: ${String(d["rule"])}.`,
    retryable: false,
  },
  ROUTE_PROTOCOL: {
    area: "ROUTE",
    message: (d) => `No application is given for the protocol ${text(d["protocol"])}. Given: ${String(d["given"])}.`,
    retryable: false,
  },
  CONTRACT_INVALID: {
    area: "CONTRACT",
    message: (d) => `The contract's ${text(d["entry"])} is not usable: ${String(d["rule"])}.`,
    retryable: false,
  },
  CONTRACT_ASYNC: {
    area: "CONTRACT",
    message: (d) =>
      `The schema of ${text(d["entry"])} validates asynchronously. Contracts are synchronous: look things up in the handler.`,
    retryable: false,
  },
  CONTRACT_MISMATCH: {
    area: "CONTRACT",
    message: (d) =>
      `The data of ${text(d["type"])} does not fit its schema at ${text(d["path"])}: ${String(d["issue"])}.`,
    retryable: false,
  },
  FRAME_INVALID: {
    area: "CONTRACT",
    message: (d) => `A frame is not a Solent envelope: ${String(d["rule"])}.`,
    closeCode: 4400,
    retryable: false,
  },
  FRAME_UNKNOWN_TYPE: {
    area: "CONTRACT",
    message: (d) => `The frame type ${text(d["type"])} is not in the contract's toServer.`,
    closeCode: 4400,
    retryable: false,
  },
  FRAME_BINARY: {
    area: "CONTRACT",
    message: () => "A binary frame arrived where only text is understood.",
    closeCode: 1003,
    retryable: false,
  },
  FRAME_UNANSWERED: {
    area: "CONSUMER",
    message: (d) =>
      `The handler of ${text(d["type"])} ended without a reply. Call frame.reply(value) or frame.fail(code).`,
    retryable: false,
  },
  CONSUMER_INVALID: {
    area: "CONSUMER",
    message: (d) => `The consumer class ${text(d["consumer"])} is not usable: ${String(d["rule"])}.`,
    retryable: false,
  },
  CONSUMER_UNDECIDED: {
    area: "CONSUMER",
    message: (d) =>
      `${String(d["hook"])}() of ${text(d["consumer"])} ended without a decision and was denied. ${String(d["remedy"])}.`,
    closeCode: 4403,
    retryable: false,
  },
  CONSUMER_STATE: {
    area: "CONSUMER",
    message: (d) => `${text(d["call"])} cannot be called while the connection is ${String(d["state"])}.`,
    retryable: false,
  },
  CONSUMER_NO_LAYER: {
    area: "CONSUMER",
    message: (d) =>
      `${text(d["consumer"])} uses the channel layer ${text(d["layer"])}, which is not configured. Pass it to serve(app, { layer }) or { layers }.`,
    retryable: false,
  },
  REQUEST_UNANSWERED: {
    area: "CONSUMER",
    message: (d) =>
      `handle() of ${text(d["consumer"])} ended without an answer, and the client got 500. ${String(d["remedy"])}.`,
    retryable: false,
  },
  BODY_INVALID: {
    area: "CONSUMER",
    message: (d) => `The request's body is not usable: ${String(d["rule"])}.`,
    retryable: false,
  },
  HANDLER_FAILED: {
    area: "CONSUMER",
    message: (d) => `The handler ${text(d["handler"])} of ${text(d["consumer"])} failed.`,
    closeCode: 4500,
    retryable: false,
  },
  CALL_FAILED: {
    area: "CONSUMER",
    message: (d) => `The peer answered the call ${text(d["type"])} with the error ${text(d["code"])}.`,
    retryable: false,
  },
  CALL_UNANSWERED: {
    area: "CONSUMER",
    message: (d) => `The call ${text(d["type"])} got no answer: ${String(d["cause"])}.`,
    retryable: true,
  },
  CALL_TOO_MANY: {
    area: "CONSUMER",
    message: (d) => `${String(d["limit"])} calls of this connection are waiting for an answer already.`,
    retryable: true,
  },
  NAME_INVALID: {
    area: "LAYER",
    message: (d) => `The ${String(d["kind"])} name ${text(d["name"])} is not valid: ${String(d["rule"])}.`,
    retryable: false,
  },
  EVENT_INVALID: {
    area: "LAYER",
    message: (d) => `The event ${text(d["type"])} cannot be sent: ${String(d["rule"])}.`,
    retryable: false,
  },
  MESSAGE_TOO_LARGE: {
    area: "LAYER",
    message: (d) => `A message of ${String(d["bytes"])} bytes is over the limit of ${String(d["limit"])} bytes.`,
    closeCode: 1009,
    retryable: false,
  },
  CHANNEL_FULL: {
    area: "LAYER",
    message: (d) => `The channel ${text(d["channel"])} holds ${String(d["capacity"])} messages already.`,
    retryable: true,
  },
  CHANNEL_UNREACHABLE: {
    area: "LAYER",
    message: (d) => `The channel ${text(d["channel"])} reaches nobody: its connection has ended or never was.`,
    retryable: true,
  },
  CHANNEL_TIMEOUT: {
    area: "LAYER",
    message: (d) => `Nothing arrived on the channel ${text(d["channel"])} within ${String(d["timeoutMs"])} ms.`,
    retryable: true,
  },
  LAYER_UNAVAILABLE: {
    area: "LAYER",
    message: (d) =>
      `The channel layer is not available, and nothing was sent: ${d["cause"] === undefined ? "it is not connected" : text(d["cause"])}.`,
    retryable: true,
  },
  LAYER_UNCERTAIN: {
    area: "LAYER",
    message: () =>
      "Whether the message was sent is not known: the layer lost its connection, or another node did not answer in time.",
    retryable: false,
  },
  LAYER_BUSY: {
    area: "LAYER",
    message: (d) => `Too much is in flight on the channel layer: ${String(d["what"])} (limit ${String(d["limit"])}).`,
    retryable: true,
  },
  LAYER_CLOSED: {
    area: "LAYER",
    message: () => "The channel layer is closed.",
    retryable: false,
  },
  SERVER_STATE: {
    area: "SERVER",
    message: (d) => `The server ${String(d["rule"])}.`,
    retryable: false,
  },
  CONNECTION_DENIED: {
    area: "CLIENT",
    message: (d) => `The server denied the connection with status ${String(d["status"])}: ${text(d["body"])}.`,
    retryable: false,
  },
};
