import { isUtf8 } from "node:buffer";
import { DeflateWindow } from "./deflate.ts";
import { type ReadFrame, readFrame } from "./raw-frame.ts";
import type { Message } from "./subject.ts";

/** The ping that a run ends with, to see whether the server is still there. */
export const lastPing: Buffer = Buffer.from("still there?");

/** Puts what a server answers into words, as it comes; a server's own breaches of the protocol too. */
export class AnswerReader {
  readonly words: string[] = [];
  /** Messages that are to come back, in their order. */
  readonly messages: Message[] = [];
  /** Payloads of pings that are to be answered. */
  readonly pings: Buffer[] = [];
  /** The status of the last HTTP answer. */
  status: number | undefined;
  /** The last HTTP answer up to its body. */
  head = "";
  /** The close frame of the server. */
  close: { readonly code: number | undefined; readonly reason: string } | undefined;
  /** How TCP ended on the server's side. */
  ending: "fin" | "reset" | undefined;
  /** Messages, pongs and close frames so far. */
  count = 0;
  echoes = 0;
  isStillThere = false;
  /** How many of its messages were compressed. */
  compressed = 0;
  #isOver = false;
  #pongs = 0;
  #rest: Buffer = Buffer.alloc(0);
  #fragments: ReadFrame[] = [];
  #inflating: DeflateWindow | undefined;

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (!this.#isOver && (this.status === 101 ? this.#readFrame() : this.#readHead())) {}
  }

  end(how: "fin" | "reset"): void {
    this.ending ??= how;
  }

  /** A header of the last HTTP answer. */
  header(name: string): string | undefined {
    const line = this.head.split("\r\n").find((one) => one.toLowerCase().startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim();
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    this.head = this.#rest.toString("latin1", 0, end);
    const bodyEnd = end + 4 + Number(this.header("content-length") ?? 0);
    if (this.#rest.length < bodyEnd) return false;
    this.#rest = this.#rest.subarray(bodyEnd);
    this.status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.head)?.[1]);
    // The rest of a last answer is its body, however that is written.
    this.#isOver = this.status !== 101 && this.header("connection") === "close";
    this.words.push(`HTTP ${this.status}`);
    const extensions = this.header("sec-websocket-extensions");
    if (extensions !== undefined) {
      const bits = Number(/server_max_window_bits=(\d+)/.exec(extensions)?.[1] ?? 15);
      this.#inflating = new DeflateWindow({ keeps: !extensions.includes("server_no_context_takeover"), bits });
    }
    return true;
  }

  #readFrame(): boolean {
    const frame = readFrame(this.#rest);
    if (frame === undefined) return false;
    this.#rest = this.#rest.subarray(frame.size);
    this.#checkHead(frame);
    if (frame.opcode === 8) this.#tellClose(frame.payload);
    else if (frame.opcode === 9) this.words.push("ping");
    else if (frame.opcode === 10) this.#tellPong(frame.payload);
    else this.#gather(frame);
    return true;
  }

  #checkHead({ isMasked, isShortest, rsv, opcode, fin }: ReadFrame): void {
    const breaches = [
      isMasked ? "masked" : "",
      isShortest ? "" : "long form of a length",
      (rsv & 3) === 0 ? "" : "RSV2 or RSV3",
      rsv === 4 && (this.#inflating === undefined || opcode === 0 || opcode > 2) ? "RSV1" : "",
      opcode > 10 || (opcode > 2 && opcode < 8) ? `opcode ${opcode}` : "",
      opcode > 7 && !fin ? "fragmented control frame" : "",
      // A pong may still come, but no data, and no second close (RFC 6455 section 5.5.1).
      this.close === undefined || opcode > 8 ? "" : "something after its close",
      opcode < 3 && (opcode === 0) !== this.#fragments.length > 0 ? "continuation out of place" : "",
    ];
    for (const breach of breaches) if (breach !== "") this.words.push(`BREACH: ${breach}`);
  }

  #tellClose(payload: Buffer): void {
    this.count++;
    const code = payload.length < 2 ? undefined : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    this.close = { code, reason: reason.toString() };
    if (payload.length === 1 || !isUtf8(reason)) this.words.push("BREACH: payload of its close");
    const name = code === undefined ? "close without a code" : `close ${code}`;
    this.words.push(reason.length === 0 ? name : `${name} ${quoted(reason.toString())}`);
  }

  #tellPong(payload: Buffer): void {
    if (payload.equals(lastPing)) {
      this.isStillThere = true;
      return;
    }
    this.count++;
    const asked = this.pings[this.#pongs++];
    this.words.push(asked?.equals(payload) ? "pong" : `wrong pong of ${payload.length} bytes`);
  }

  #gather(frame: ReadFrame): void {
    this.#fragments.push(frame);
    if (!frame.fin) return;
    const [first] = this.#fragments as [ReadFrame];
    const payload = Buffer.concat(this.#fragments.map((one) => one.payload));
    this.#fragments = [];
    this.count++;
    this.#tellMessage(first.rsv === 4 ? this.#inflate(payload) : payload, first.opcode === 1);
  }

  #inflate(payload: Buffer): Buffer {
    this.compressed++;
    try {
      return this.#inflating?.decompress(payload) ?? payload;
    } catch (error) {
      this.words.push(`BREACH: ${(error as Error).message}`);
      return payload;
    }
  }

  #tellMessage(content: Buffer, isText: boolean): void {
    if (isText && !isUtf8(content)) this.words.push("BREACH: text that is no UTF-8");
    const message = isText ? content.toString() : content;
    const isEcho = isSame(this.messages[this.echoes], message);
    if (isEcho) this.echoes++;
    this.words.push(isEcho ? "echo" : nameOf(message));
  }
}

/** Whether two messages are of the same kind, with the same bytes. */
export function isSame(one: Message | undefined, other: Message | undefined): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return one !== undefined && other !== undefined && one.equals(other);
}

/** A message in a few words. */
export function nameOf(message: Message): string {
  if (typeof message !== "string") return `bytes ${hex(message)}`;
  return message.length <= 40 ? `text ${quoted(message)}` : `a text of ${Buffer.byteLength(message)} bytes`;
}

/** The first bytes of something, for people. */
export function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 24))
    .toString("hex")
    .replaceAll(/(..)(?=.)/g, "$1 ");
  return bytes.length <= 24 ? shown : `${shown} … (${bytes.length} bytes)`;
}

// Everything beyond ASCII is escaped: the page is looked at in many fonts.
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
