/** The tabs of one browser share a session: each tells the others when it is another one. */
export class SessionTabs {
  readonly #channel = new BroadcastChannel("solent-chat.session");

  /** `changed` hears that another tab has signed in or out. */
  constructor(changed: () => void) {
    this.#channel.onmessage = changed;
  }

  /** Tells the other tabs. */
  tell(): void {
    this.#channel.postMessage("changed");
  }

  close(): void {
    this.#channel.close();
  }
}
