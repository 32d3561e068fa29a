import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  type End,
  HttpConsumer,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type RequestBody,
  URLRouter,
} from "@solent/core";
import { History } from "./history.ts";

const history = new History();

/** Writes down what has happened, and tells everybody who looks that there is something new. */
async function announce(text: string): Promise<void> {
  history.add(text);
  await layer.groupSend("feed", { type: "feed.grew" });
}

/** What happens, as it happens. Who was away hears what was missed: the browser says by itself what it has seen last. */
class Feed extends HttpConsumer {
  #seen = this.lastEventId === "" ? history.last : Number(this.lastEventId);

  override async handle() {
    this.startEvents();
    // In this order: what happens from now on is told, and what happened before is read.
    await this.group("feed").join();
    this.feed_grew();
    return this.keepOpen();
  }

  feed_grew() {
    for (const { id, text } of history.since(this.#seen)) {
      this.sendEvent({ id: String(id), data: text, retryMs: 500 });
      this.#seen = id;
    }
  }
}

/** A file on its way in: it is never in memory as a whole, and everybody sees how far it is. */
class Upload extends HttpConsumer {
  static override readonly maxBodyBytes = 100_000_000;
  readonly #name = this.params["name"]?.slice(0, 80) ?? "";
  #percent = 0;

  override async handle(body: RequestBody) {
    const total = Number(this.scope.headers["content-length"]);
    if (!(total > 0)) return this.sendResponse(411, "There is no file, or nobody knows how long it is.\n");
    const sum = createHash("sha256");
    let bytes = 0;
    for await (const piece of body) {
      sum.update(piece);
      bytes += piece.length;
      await this.#progress((100 * bytes) / total);
    }
    await announce(`${this.#name}: done`);
    return this.sendJson(200, { bytes, sha256: sum.digest("hex") });
  }

  /** Told once, after everything else, however it ended. */
  override async disconnect({ cause }: End) {
    if (cause === "client") await announce(`${this.#name}: left at ${this.#percent} %`);
  }

  async #progress(percent: number) {
    const quarters = Math.floor(this.#percent / 25);
    this.#percent = Math.floor(percent);
    if (Math.floor(percent / 25) > quarters) await announce(`${this.#name}: ${this.#percent} %`);
  }
}

const story = "Once there was an answer that was sent word by word while somebody was there to read it .".split(" ");

/** An answer in pieces, which ends the moment nobody reads it. */
class Story extends HttpConsumer {
  #told = 0;

  override async handle() {
    this.sendHeaders({ headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } });
    for (const word of story) {
      this.sendBody(`${word} `, { moreBody: true });
      this.#told += 1;
      await this.drained();
      // Left by its reader it rejects at once, which is no failure.
      await pause(60, undefined, { signal: this.signal });
    }
    return this.sendBody("");
  }

  override async disconnect({ cause }: End) {
    await announce(cause === "client" ? `a reader left after ${this.#told} words` : "a reader heard all of the story");
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  http: new URLRouter([path("/feed", Feed), path("/files/:name", Upload), path("/story", Story)]),
});
