import { SolentError } from "@solent/core/errors";

interface Wait {
  readonly look: () => void;
  readonly close: () => void;
}

/** Waits for a state of connections, which changes only when somebody says `look`. */
export class ReadyWaits {
  readonly #waits = new Set<Wait>();
  #isClosed = false;

  /**
   * Resolves when `isTrue` says so; at once when it does now.
   *
   * @throws {SolentError} LAYER_CLOSED when this is closed before. The signal's reason when it aborts.
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
        close: end(() => reject(new SolentError("LAYER_CLOSED"))),
      };
      const abort = end(() => reject(signal?.reason as Error));
      if (this.#isClosed) return wait.close();
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

  close(): void {
    this.#isClosed = true;
    for (const { close } of this.#waits) close();
  }
}
