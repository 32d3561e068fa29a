import { catalogue, type ErrorCode, type ErrorDetails } from "./catalogue.ts";

/**
 * Every error that Solent raises, told apart by its `code`.
 *
 * Use `SolentError.is(error, code?)` instead of `instanceof`: it also recognises errors of a second copy of Solent in the
 * same process.
 */
export class SolentError extends Error {
  /** The stable code, a key of the catalogue. */
  readonly code: ErrorCode;
  /** Whether doing the same again later can succeed. */
  readonly retryable: boolean;
  /** The named facts behind the message. */
  readonly details: ErrorDetails;
  /** @internal The brand that `is` looks for. */
  readonly "~solentError" = true;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { readonly cause?: unknown }) {
    const row = catalogue[code];
    super(row.message(details), options);
    this.name = "SolentError";
    this.code = code;
    this.retryable = row.retryable;
    this.details = details;
  }

  /** The WebSocket close code a peer sees when this error ends its connection, if it has one. */
  get closeCode(): number | undefined {
    return catalogue[this.code].closeCode;
  }

  /** Tells whether `error` is a Solent error, and of that code where one is given. */
  static is(error: unknown, code?: ErrorCode): error is SolentError {
    return (
      typeof error === "object" &&
      error !== null &&
      (error as { "~solentError"?: unknown })["~solentError"] === true &&
      (code === undefined || (error as SolentError).code === code)
    );
  }
}
