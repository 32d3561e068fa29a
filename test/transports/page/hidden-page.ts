import type { Browser, CDPSession } from "playwright-core";

interface Answer {
  readonly id: number;
  readonly result: { readonly result?: { readonly value: unknown }; readonly exceptionDetails?: unknown };
}

/**
 * A page that can be frozen, through Chromium's own protocol: Playwright keeps each of its pages in view, and a page that is
 * looked at does not freeze.
 */
export class HiddenPage implements AsyncDisposable {
  readonly #session: CDPSession;
  readonly #ids: { readonly sessionId: string; readonly targetId: string };
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  private constructor(session: CDPSession, ids: { sessionId: string; targetId: string }) {
    this.#session = session;
    this.#ids = ids;
    session.on("Target.receivedMessageFromTarget", ({ message }) => {
      const answer = JSON.parse(message) as Answer;
      this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async open(browser: Browser, url: string): Promise<HiddenPage> {
    const session = await browser.newBrowserCDPSession();
    const { browserContextId } = await session.send("Target.createBrowserContext");
    const { targetId } = await session.send("Target.createTarget", { url, browserContextId });
    const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
    return new HiddenPage(session, { sessionId, targetId });
  }

  /** What an expression of the page gives, when its promise is fulfilled. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (result.exceptionDetails !== undefined) throw new Error(JSON.stringify(result.exceptionDetails));
    return result.result?.value;
  }

  /** Stops everything in it, as a browser does with a page that nobody has looked at for minutes. */
  async freeze(): Promise<void> {
    await this.#send("Page.setWebLifecycleState", { state: "frozen" });
  }

  async resume(): Promise<void> {
    await this.#send("Page.setWebLifecycleState", { state: "active" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.send("Target.closeTarget", { targetId: this.#ids.targetId });
    await this.#session.detach();
  }

  #send(method: string, params: object): Promise<Answer> {
    this.#count += 1;
    const id = this.#count;
    const message = JSON.stringify({ id, method, params });
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#session.send("Target.sendMessageToTarget", { sessionId: this.#ids.sessionId, message }).catch(reject);
    });
  }
}
