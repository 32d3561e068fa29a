import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { EventStreamReader } from "../../packages/client/src/http/event-stream.ts";
import type { PeerEnd } from "../support/peer.ts";
import { Queue } from "../support/queue.ts";
import { closeCodeOf, readFrame } from "../support/wire.ts";

export interface HttpClientOptions {
  /** @default "sse" */
  readonly transport?: "sse" | "stream" | "poll";
  /** Of every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What comes down, whatever it is written in. */
type Down =
  | { readonly name: "open"; readonly id: string }
  | { readonly name: "frame"; readonly payload: string | Buffer }
  | { readonly name: "batch"; readonly number: number }
  | ({ readonly name: "close" } & PeerEnd);

/** A connection over HTTP, spoken by hand: it answers no pings, and tries nothing again. */
export class HttpClient implements AsyncDisposable {
  /** Texts as text, bytes as bytes. */
  readonly heard: Queue<string | Buffer> = new Queue();
  /** Resolves with 1006 when it was not told that it ends. */
  readonly end: Promise<PeerEnd>;
  /** The connection's name. */
  id = "";
  /** Of the answer that opened it. */
  headers: IncomingMessage["headers"] = {};
  readonly #url: string;
  readonly #options: HttpClientOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #ended: (end: PeerEnd) => void;
  #answer: IncomingMessage | undefined;
  #opened: (() => void) | undefined;
  #isOver = false;
  #batch = 0;
  #sent = 0;
  #resumed: (() => void) | undefined;
  #pause: Promise<void> | undefined;

  private constructor(url: string, options: HttpClientOptions) {
    this.#url = `${url}${url.includes("?") ? "&" : "?"}~solent=`;
    this.#options = options;
    let ended!: (end: PeerEnd) => void;
    this.end = new Promise((resolve) => (ended = resolve));
    this.#ended = ended;
  }

  /** Resolves when it is open. @throws {Error} when it was denied, with the status. */
  static async open(url: string, options: HttpClientOptions = {}): Promise<HttpClient> {
    const client = new HttpClient(url, options);
    const opened = new Promise<void>((resolve) => (client.#opened = resolve));
    const answer = await client.#ask(options.transport ?? "sse", undefined);
    client.headers = answer.headers;
    void client
      .#run(answer)
      .catch(() => {})
      .then(() => client.#over({ code: 1006, reason: "" }));
    const { code } = (await Promise.race([opened, client.end])) ?? {};
    if (client.id === "") throw new Error(`it was not opened: ${answer.statusCode}, ${code}`);
    return client;
  }

  /** Resolves with the status when the consumer has taken it. */
  async send(...frames: (string | Uint8Array)[]): Promise<number> {
    this.#sent += 1;
    const coded = frames.map((each) =>
      typeof each === "string" ? each : { binary: Buffer.from(each).toString("base64") },
    );
    return this.#tell({ n: this.#sent, frames: coded });
  }

  async close(code = 1000, reason = ""): Promise<number> {
    return this.#tell({ n: 0, close: { code, reason } });
  }

  /** Reads nothing more; a page that polls asks for nothing more. */
  pause(): void {
    this.#pause = new Promise((resolve) => (this.#resumed = resolve));
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
    this.#resumed?.();
    this.#pause = undefined;
  }

  /** Vanishes without a word. */
  destroy(): void {
    this.#agent.destroy();
    this.#answer?.destroy();
    this.#over({ code: 1006, reason: "" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    this.destroy();
    if (this.#answer !== undefined && !this.#answer.closed) await once(this.#answer, "close");
  }

  async #run(first: IncomingMessage): Promise<void> {
    const isPoll = this.#options.transport === "poll";
    for (let answer = first; answer.statusCode === 200 && !this.#isOver;) {
      this.#answer = answer;
      await this.#read(answer, this.#options.transport === "stream" ? frames() : events());
      await this.#pause;
      if (!isPoll || this.#isOver) return;
      answer = await this.#ask("poll", { id: this.id, after: this.#batch });
    }
  }

  #read(answer: IncomingMessage, read: (piece: Buffer) => Down[]): Promise<void> {
    return new Promise((resolve) => {
      answer.on("data", (piece: Buffer) => read(piece).forEach((down) => this.#take(down)));
      answer.on("error", () => {}).once("close", () => resolve());
    });
  }

  #take(down: Down): void {
    if (down.name === "frame") this.heard.push(down.payload);
    else if (down.name === "batch") this.#batch = down.number;
    else if (down.name === "close") this.#over(down);
    else {
      this.id = down.id;
      this.#opened?.();
    }
  }

  #over({ code, reason }: PeerEnd): void {
    this.#isOver = true;
    this.heard.end(new Error(`the connection is closed: ${code} ${reason}`));
    this.#ended({ code, reason });
  }

  async #tell(body: object): Promise<number> {
    const answer = await this.#ask("send", { id: this.id, ...body });
    answer.resume();
    return answer.statusCode ?? 0;
  }

  // Not `fetch`: that sends no header which only browsers may.
  async #ask(op: string, body: object | undefined): Promise<IncomingMessage> {
    const asked = request(this.#url + op, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...this.#options.headers },
      agent: this.#agent,
    });
    asked.on("error", () => {});
    asked.end(body && JSON.stringify(body));
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return answer;
  }
}

function events(): (piece: Buffer) => Down[] {
  const decoder = new StringDecoder("utf8");
  const reader = new EventStreamReader();
  return (piece) => reader.read(decoder.write(piece)).flatMap(({ name, data }) => downOf(name, data));
}

function downOf(name: string, data: string): Down[] {
  if (name === "") return [{ name: "frame", payload: data }];
  if (name === "binary") return [{ name: "frame", payload: Buffer.from(data, "base64") }];
  const value = JSON.parse(data) as never;
  if (name === "text") return [{ name: "frame", payload: value }];
  if (name === "batch") return [{ name, number: value }];
  return name === "open" || name === "close" ? [{ name, ...(value as { id: string } & PeerEnd) }] : [];
}

function frames(): (piece: Buffer) => Down[] {
  let rest: Buffer = Buffer.alloc(0);
  let isOpen = false;
  return (piece) => {
    rest = Buffer.concat([rest, piece]);
    const downs: Down[] = [];
    for (let next = readFrame(rest); next !== undefined; next = readFrame(rest)) {
      rest = rest.subarray(next.size);
      const { opcode, payload } = next.frame;
      if (opcode === 1 && !isOpen) {
        isOpen = true;
        downs.push({ name: "open", ...(JSON.parse(payload.toString()) as { id: string }) });
      } else if (opcode === 1) downs.push({ name: "frame", payload: payload.toString() });
      else if (opcode === 2) downs.push({ name: "frame", payload });
      else if (opcode === 8)
        downs.push({ name: "close", code: closeCodeOf(next.frame) ?? 1005, reason: payload.subarray(2).toString() });
    }
    return downs;
  };
}
