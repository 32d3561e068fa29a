import type { ChatState } from "./chat-state.ts";
import type { Store } from "./store.ts";

const maxToasts = 4;
const toastMs = 7_000;

/** Short notices that go away by themselves. */
export class Toasts {
  readonly #state: Store<ChatState>;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #last = 0;

  constructor(state: Store<ChatState>) {
    this.#state = state;
  }

  /** Shows one. */
  show(text: string): void {
    const id = ++this.#last;
    this.#state.update((state) => ({ ...state, toasts: [...state.toasts, { id, text }].slice(-maxToasts) }));
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), toastMs),
    );
  }

  /** Takes one away. */
  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#state.update((state) => ({ ...state, toasts: state.toasts.filter((toast) => toast.id !== id) }));
  }

  /** Ends what is under way. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
