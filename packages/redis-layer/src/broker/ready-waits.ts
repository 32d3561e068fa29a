import type { SolentError } from "@solent/core/errors";

interface Wait {
  readonly look: () => void;
  readonly close: (reason: SolentError) => void;
}

/** Waits for a state of connections, which changes only when somebody says `look`. */
export class ReadyWaits {
  readonly #waits = new Set<Wait>();
  #reason: SolentError | undefined;

  /**
   * Resolves when `isTrue` says so; at once when it does now.
   *
   * @throws {SolentError} the reason of `close` when that comes before. The signal's reason when it aborts.
   */
  until(isTrue: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        this.#waits.delete(wait);
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const wait = {
        look: () => isTrue() && end(resolve)(),
        close: (reason: SolentError) => end(() => reject(reason))(),
      };
      const abort = end(() => reject(signal?.reason as Error));
      if (this.#reason !== undefined) return wait.close(this.#reason);
      if (signal?.aborted === true) return abort();
      this.#waits.add(wait);
      signal?.addEventListener("abort", abort);
      wait.look();
    });
  }

  /** Something has changed. */
  look(): void {
    for (const { look } of this.#waits) look();
  }

  close(reason: SolentError): void {
    this.#reason ??= reason;
    for (const { close } of this.#waits) close(reason);
  }
}
