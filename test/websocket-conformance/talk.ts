import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { turn } from "../support/turns.ts";
import { handshake, type Handshake } from "../support/wire.ts";
import { AnswerReader } from "./answer-reader.ts";
import { closePayload, type FrameParts, rawFrame } from "./raw-frame.ts";
import type { Message, Subject } from "./subject.ts";

let talkCount = 0;

/** What a connection is opened with. */
export interface TalkOptions {
  readonly subject: Subject;
  /** The `Sec-WebSocket-Extensions` that every good handshake offers. */
  readonly extensions: string | undefined;
  /** How long the server may take for its next answer. */
  readonly patienceMs: number;
}

/** The server has not answered in time. */
export class Silence extends Error {}

/** One TCP connection to a server under examination, and what was seen on it. */
export class Talk implements AsyncDisposable {
  /** Names the connection to the consumer: it is the query of its path. */
  readonly id = `talk${++talkCount}`;
  readonly subject: Subject;
  readonly answers = new AnswerReader();
  /** What was written, for the report of a failure. */
  readonly written: Buffer[] = [];
  /** Whether this side has sent a close frame or has let go of TCP: no more can be asked of the server. */
  isLeaving = false;
  /** Whether what the consumer heard is part of what is seen. */
  tellsHearing = false;
  #writtenBytes = 0;
  readonly #options: TalkOptions;
  readonly #socket: Socket;

  constructor(options: TalkOptions) {
    this.#options = options;
    this.subject = options.subject;
    this.#socket = connect({ port: options.subject.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    this.#socket.on("data", (bytes) => this.answers.push(bytes));
    // A client waits until the server ends TCP, and ends it then itself (RFC 6455 section 7.1.1).
    this.#socket.once("end", () => {
      this.answers.end("fin");
      this.#socket.end();
    });
    this.#socket.once("error", () => this.answers.end("reset"));
    this.#socket.once("close", () => this.answers.end("reset"));
  }

  /** Waits for something that a server does soon. @throws {Silence} when it does not. */
  async until(isSo: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + this.#options.patienceMs;
    while (!isSo()) {
      if (performance.now() > deadlineMs) throw new Silence(String(isSo));
      await turn();
    }
  }

  /** Adds something that no frame shows to what was seen. */
  note(fact: string): void {
    this.answers.words.push(fact);
  }

  // The handshake

  /** A good handshake but for what is asked, on a path that names this connection. */
  handshake({ path = "/", headers, ...rest }: Handshake = {}): string {
    const { extensions } = this.#options;
    const offered = extensions === undefined ? {} : { "Sec-WebSocket-Extensions": extensions };
    return handshake({ path: `${path}?${this.id}`, headers: { ...offered, ...headers }, ...rest });
  }

  /** Waits for the head of an HTTP answer. @returns whether the server speaks WebSocket now. */
  async answered(): Promise<boolean> {
    await this.until(() => this.answers.status !== undefined || this.answers.ending !== undefined);
    return this.answers.status === 101;
  }

  /** Opens the WebSocket with a good handshake. What is seen then begins behind it. */
  async open(request?: Handshake): Promise<void> {
    this.write(this.handshake(request));
    if (await this.answered()) this.answers.words.length = 0;
  }

  // Frames

  /** One frame that is no message by itself: a fragment, or something wrong. */
  frame(parts: FrameParts): Buffer {
    return rawFrame(parts);
  }

  /** A whole message in one frame, to be heard by the consumer and to come back. */
  message(content: Message, parts: Omit<FrameParts, "opcode" | "payload"> = {}): Buffer {
    this.expects(content);
    return rawFrame({ ...parts, opcode: typeof content === "string" ? 1 : 2, payload: content });
  }

  /** A message in several frames, cut at some of its bytes. */
  fragments(content: Message, cuts: readonly number[]): Buffer[] {
    this.expects(content);
    const bytes = Buffer.from(content as string);
    const bounds = [0, ...cuts, bytes.length];
    return bounds.slice(1).map((end, index) =>
      rawFrame({
        fin: index === cuts.length,
        opcode: index > 0 ? 0 : typeof content === "string" ? 1 : 2,
        payload: bytes.subarray(bounds[index], end),
      }),
    );
  }

  /** Says that a message is to be heard and to come back, where `message` and `fragments` do not write it. */
  expects(content: Message): void {
    this.answers.messages.push(content);
  }

  /** A ping whose pong is looked for. */
  ping(payload: string | Uint8Array = ""): Buffer {
    this.answers.pings.push(Buffer.from(payload as string));
    return rawFrame({ opcode: 9, payload });
  }

  /** A close frame, after which the server has to close. */
  close(code?: number, reason?: string | Uint8Array): Buffer {
    this.isLeaving = true;
    return rawFrame({ opcode: 8, payload: code === undefined ? "" : closePayload(code, reason) });
  }

  // The wire

  /** Writes all of it at once. */
  write(...parts: readonly (Buffer | string)[]): void {
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    this.written.push(bytes);
    this.#writtenBytes += bytes.length;
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Writes in two pieces, the second when the server has read the first. */
  async writeCut(bytes: Buffer, at: number): Promise<void> {
    this.write(bytes.subarray(0, at));
    await this.#isRead();
    this.write(bytes.subarray(at));
  }

  /** Writes byte by byte, each when the server has read the one before. */
  async writeBytewise(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && this.answers.ending === undefined; at++) {
      this.write(bytes.subarray(at, at + 1));
      await this.#isRead();
    }
  }

  /** Waits until that many answers have come: messages, pongs, close frames. */
  async heard(count: number): Promise<void> {
    await this.until(() => this.answers.count >= count || this.answers.ending !== undefined);
  }

  /** Ends TCP in this direction, or altogether. */
  leave(how: "fin" | "reset"): void {
    this.isLeaving = true;
    if (how === "fin") this.#socket.end();
    else this.#socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }

  async #isRead(): Promise<void> {
    if (this.#socket.connecting) await once(this.#socket, "connect");
    const port = this.#socket.localPort as number;
    await this.until(() => {
      if (this.answers.ending !== undefined) return true;
      return (this.subject.bytesRead(port) ?? 0) >= this.#writtenBytes;
    });
  }
}
