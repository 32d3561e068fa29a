/** A stable code of what went wrong in the client. */
export type ClientErrorCode =
  | "CLIENT_OPTION"
  | "CLIENT_CLOSED"
  | "CLIENT_QUEUE_FULL"
  | "CLIENT_UNREAD_FULL"
  | "CLIENT_COMPLAINT"
  | "CLIENT_CALL_FAILED"
  | "CLIENT_CALL_UNANSWERED";

/** How the server refused a call. */
export interface CallFailure {
  /** One of the contract's `errors` of that message, or a code of the protocol in capitals. */
  readonly code: string;
  /** Where the frame was wrong, from its top; empty where that is not the trouble. */
  readonly path: readonly (string | number)[];
  /** What the contract says about this error; `undefined` where it says nothing. */
  readonly data: unknown;
}

/** What is known beside the message. */
interface Details {
  readonly failure?: CallFailure;
  readonly wasSent?: boolean;
}

/** Every error the client raises, told apart by its `code`. */
export class ClientError extends Error {
  /** The stable code. */
  readonly code: ClientErrorCode;
  /** With CLIENT_CALL_FAILED: what the server answered. */
  readonly failure: CallFailure | undefined;
  /** With CLIENT_CALL_UNANSWERED: `false` when it surely was not handled, `true` when nobody knows. */
  readonly wasSent: boolean | undefined;

  /** @internal */
  constructor(code: ClientErrorCode, message: string, { failure, wasSent }: Details = {}) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.failure = failure;
    this.wasSent = wasSent;
  }
}
