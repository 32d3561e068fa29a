import { SolentError } from "@solent/core/errors";

/** Surely nothing was sent, and why. */
export function unavailable(cause: string): SolentError {
  return new SolentError("LAYER_UNAVAILABLE", { cause });
}
