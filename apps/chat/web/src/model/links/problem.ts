import { ClientError } from "@solent/client";

const refusals: Readonly<Record<string, string>> = {
  nobody: "There is nobody with this name.",
  notYours: "This message can no longer be changed.",
  taken: "There is a room with this name already.",
  full: "There is no room for more.",
  closed: "This room is private: somebody in it has to invite you.",
  notAdmin: "Only the admin may announce.",
};

/** Puts what a call failed with into words. @throws whatever is not the connection's. */
export function problemOf(error: unknown): string {
  if (!(error instanceof ClientError)) throw error;
  switch (error.code) {
    case "CLIENT_CALL_FAILED":
      // The server failed, and not what was asked of it: what joins its nodes may be away for a moment.
      if (error.failure?.code === "HANDLER_FAILED") return "That did not work just now. Try again.";
      return refusals[error.failure?.code ?? ""] ?? `The server refused that (${error.failure?.code ?? "no reason"}).`;
    case "CLIENT_CALL_UNANSWERED":
      return "The server did not answer.";
    case "CLIENT_QUEUE_FULL":
      return "That was too much at once.";
    default:
      return "The connection has ended.";
  }
}

/** Waits for a call. Answers what the problem is, in words, or nothing. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "";
  } catch (error) {
    return problemOf(error);
  }
}
