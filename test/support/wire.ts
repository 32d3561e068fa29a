import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { Queue } from "./queue.ts";
import { until } from "./turns.ts";

/** A WebSocket frame as it stands on the wire. */
export interface WireFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly fin: boolean;
}

export interface FrameOptions {
  /** 0 continues, 1 is text, 2 binary, 8 closes, 9 pings, 10 pongs. */
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly rsv1?: boolean;
  readonly isMasked?: boolean;
}

const mask = Buffer.from([0x1f, 0x2e, 0x3d, 0x4c]);

/** Writes a client's frame byte by byte (RFC 6455 section 5.2), wrong ones too. */
export function frame(content: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, rsv1 = false, isMasked = true } = options;
  const payload = Buffer.from(content);
  const maskBit = isMasked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const head =
    payload.length < 126
      ? Buffer.from([first, maskBit | payload.length])
      : payload.length < 65_536
        ? Buffer.from([first, maskBit | 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.from([first, maskBit | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (payload.length >= 65_536) head.writeBigUInt64BE(BigInt(payload.length), 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

/** The code in a close frame. */
export function closeCodeOf({ opcode, payload }: WireFrame): number | undefined {
  return opcode === 8 && payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
}

export interface WireResponse {
  readonly status: number;
  /** The status line and the headers, as they came. */
  readonly head: string;
}

/** A TCP client that speaks HTTP and WebSocket by hand, well or badly. */
export class Wire implements AsyncDisposable {
  readonly socket: Socket;
  /** The frames of the server; pings are not answered. */
  readonly frames: Queue<WireFrame> = new Queue();
  /** The size of each piece the socket delivered since the handshake. */
  readonly chunks: number[] = [];
  /** How the connection ended: `"end"` by a FIN, or the error's code. */
  readonly ended: Promise<string>;
  isEnded = false;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  constructor(port: number) {
    this.socket = connectTcp({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
    this.ended = new Promise((resolve) => {
      this.socket.once("end", () => resolve("end"));
      this.socket.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      this.socket.once("close", () => resolve("close"));
    });
    void this.ended.then((how) => {
      this.isEnded = true;
      this.frames.end(new Error(`the socket has ended: ${how}`));
    });
  }

  write(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** Waits for the head of an HTTP answer. */
  async response(): Promise<WireResponse> {
    await until(() => this.#rest.includes("\r\n\r\n") || this.isEnded);
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) throw new Error("the socket ended without an answer");
    const head = this.#rest.toString("latin1", 0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    this.#rest = this.#rest.subarray(end + 4);
    if (status === 101) {
      this.#isOpen = true;
      this.chunks.length = 0;
      this.#read();
    }
    return { status, head };
  }

  /** Waits for the next frame that closes. @returns its code. */
  async closeCode(): Promise<number | undefined> {
    for (;;) {
      const next = await this.frames.next();
      if (next.opcode === 8) return closeCodeOf(next);
    }
  }

  #arrived(chunk: Buffer): void {
    this.chunks.push(chunk.length);
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#isOpen) this.#read();
  }

  #read(): void {
    for (;;) {
      const next = readFrame(this.#rest);
      if (next === undefined) return;
      this.#rest = this.#rest.subarray(next.size);
      this.frames.push(next.frame);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, "close");
  }
}

/** The frame at the beginning of what has arrived, if it is whole, and how many bytes it took. */
export function readFrame(bytes: Buffer): { frame: WireFrame; size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes[0] as number;
  const short = (bytes[1] as number) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < head + length) return undefined;
  const payload = bytes.subarray(head, head + length);
  return { frame: { opcode: first & 0x0f, fin: first >= 0x80, payload }, size: head + length };
}

const goodHeaders: Readonly<Record<string, string>> = {
  Host: "localhost",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

export interface Handshake {
  readonly method?: string;
  readonly path?: string;
  /** Replaces headers of a good handshake; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** The text of a handshake, good but for what is asked. */
export function handshake({ method = "GET", path = "/", headers = {} }: Handshake = {}): string {
  const lines = Object.entries({ ...goodHeaders, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Opens a WebSocket by hand. */
export async function openWire(port: number, request?: Handshake): Promise<Wire> {
  const wire = new Wire(port);
  wire.write(handshake(request));
  const { status } = await wire.response();
  if (status !== 101) throw new Error(`the handshake was answered with ${status}`);
  return wire;
}

/** Sends a handshake, and tells how it was answered. */
export async function answerTo(port: number, request: Handshake): Promise<WireResponse> {
  await using wire = new Wire(port);
  wire.write(handshake(request));
  return await wire.response();
}
