import type { Environment, Failure, OnError } from "../connection/environment.ts";
import type { End } from "../connection/link.ts";
import { requireCloseCode } from "../consumer/close-code.ts";

/** What the policy says about a failure; the policy is user code too, and what it throws must not end the process. */
export function answerTo(error: unknown, failure: Failure, environment: Environment): ReturnType<OnError> {
  try {
    const answer = environment.onError(error, failure);
    if (answer !== "keep" && answer !== "close") requireCloseCode(answer.closeCode);
    return answer;
  } catch (fault) {
    environment.logger.error({ err: fault, ...failure }, "onError failed, and the connection is closed");
    return "close";
  }
}

/** Whether an error only says that what waited on `this.signal` has stopped, as it was told. */
export function isAbort(error: unknown, end: End): boolean {
  return error === end || (error instanceof Error && error.name === "AbortError" && error.cause === end);
}
