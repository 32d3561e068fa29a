/** What an answer to a request says about its connection. */
export type Sent = "taken" | "later" | "ended";

/** What is sent up: one request at a time, each with all that has gathered meanwhile. */
export class Outgoing {
  readonly #post: (body: { readonly n: number; readonly frames: readonly string[] }) => Promise<Sent>;
  readonly #failed: () => void;
  #queue: string[] = [];
  #n = 0;
  #isBusy = false;
  #isClosed = false;
  /** Bytes that no answer has confirmed, about. */
  bufferedAmount = 0;

  /** @param failed called when it cannot go on: what was sent may be lost. */
  constructor(
    post: (body: { readonly n: number; readonly frames: readonly string[] }) => Promise<Sent>,
    failed: () => void,
  ) {
    this.#post = post;
    this.#failed = failed;
  }

  push(text: string): void {
    this.#queue.push(text);
    this.bufferedAmount += text.length;
    if (this.#isBusy) return;
    this.#isBusy = true;
    // With what the same turn sends after it.
    queueMicrotask(() => void this.#run());
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isClosed) {
      const frames = takeFrames(this.#queue);
      this.#n += 1;
      if (!(await this.#deliver(frames))) return;
      for (const frame of frames) this.bufferedAmount -= frame.length;
    }
    this.#isBusy = false;
  }

  // The server takes each number once, so asking again is safe.
  async #deliver(frames: readonly string[]): Promise<boolean> {
    for (let attempt = 0; attempt < maxAttempts && !this.#isClosed; attempt += 1) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** attempt));
      const sent = await this.#post({ n: this.#n, frames });
      if (sent === "taken") return true;
      if (sent === "ended") break;
    }
    if (!this.#isClosed) this.#failed();
    return false;
  }
}

const maxAttempts = 5;
const retryMs = 250;
/** Beyond, the rest goes with the next request: a server's limit is larger. */
const maxCharacters = 262_144;

function takeFrames(queue: string[]): string[] {
  let characters = 0;
  const end = queue.findIndex((frame, i) => (characters += frame.length) > maxCharacters && i > 0);
  return queue.splice(0, end < 0 ? queue.length : end);
}
