import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { EventStreamReader } from "../../packages/client/src/http/event-stream.ts";

/** A connection over Server-Sent Events, read by hand. */
export class EventStream implements AsyncDisposable {
  readonly id: string;
  readonly headers: IncomingMessage["headers"];
  readonly #response: IncomingMessage;
  readonly #texts: string[];

  private constructor(response: IncomingMessage, texts: string[], id: string) {
    this.#response = response;
    this.#texts = texts;
    this.headers = response.headers;
    this.id = id;
  }

  /** Resolves when it is open. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const asked = request(`${url}${url.includes("?") ? "&" : "?"}~solent=sse`, { headers }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const reader = new EventStreamReader();
    const texts: string[] = [];
    const opened = new Promise<string>((resolve, reject) => {
      response.setEncoding("utf8").on("data", (piece: string) => {
        for (const { name, data } of reader.read(piece)) {
          if (name === "open") resolve((JSON.parse(data) as { id: string }).id);
          else if (name === "") texts.push(data);
          else if (name === "text") texts.push(JSON.parse(data) as string);
          else if (name === "binary") texts.push(`bytes ${data}`);
        }
        response.emit("read");
      });
      response.once("close", () => reject(new Error(`it ended with ${response.statusCode}`)));
      response.on("error", () => {});
    });
    return new EventStream(response, texts, await opened);
  }

  /** The first so many messages. */
  async messages(count: number): Promise<string[]> {
    while (this.#texts.length < count) await once(this.#response, "read");
    return this.#texts.splice(0, count);
  }

  destroy(): void {
    this.#response.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#response.closed) return;
    this.#response.destroy();
    await once(this.#response, "close");
  }
}
