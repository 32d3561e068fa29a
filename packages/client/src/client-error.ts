/** A stable code of what went wrong in the client. */
export type ClientErrorCode =
  | "CLIENT_OPTION"
  | "CLIENT_CLOSED"
  | "CLIENT_QUEUE_FULL"
  | "CLIENT_UNREAD_FULL"
  | "CLIENT_COMPLAINT";

/** Every error the client raises, told apart by its `code`. */
export class ClientError extends Error {
  /** The stable code. */
  readonly code: ClientErrorCode;

  /** @internal */
  constructor(code: ClientErrorCode, message: string) {
    super(message);
    this.name = "ClientError";
    this.code = code;
  }
}
