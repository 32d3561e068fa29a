import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket, type ClientOptions } from "ws";
import { Queue } from "./queue.ts";

export interface PeerEnd {
  readonly code: number;
  readonly reason: string;
}

export interface PeerOptions extends ClientOptions {
  readonly path?: string;
  readonly subprotocols?: readonly string[];
}

/** A WebSocket client that keeps what it hears. */
export class Peer implements AsyncDisposable {
  readonly socket: WebSocket;
  /** Text frames as text, binary ones as bytes. */
  readonly heard: Queue<string | Buffer> = new Queue();
  readonly end: Promise<PeerEnd>;
  /** The answer to the handshake. */
  readonly opened: Promise<IncomingMessage>;
  pings = 0;

  constructor(port: number, options: PeerOptions = {}) {
    const { path = "/", subprotocols = [], ...rest } = options;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...subprotocols], {
      perMessageDeflate: false,
      maxPayload: 64 * 1024 * 1024,
      ...rest,
    });
    this.socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.heard.push(isBinary ? data : data.toString("utf8"));
    });
    this.socket.on("ping", () => void this.pings++);
    this.socket.on("error", () => {});
    this.end = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => {
        this.heard.end(new Error(`the connection is closed: ${code} ${reason.toString()}`));
        resolve({ code, reason: reason.toString() });
      });
    });
    this.opened = new Promise((resolve) => void this.socket.once("upgrade", resolve));
  }

  /** The TCP socket underneath, for tests that are rude to it. */
  get wire(): Socket {
    return (this.socket as unknown as { _socket: Socket })._socket;
  }

  send(frame: string | Uint8Array | object): void {
    const isPayload = typeof frame === "string" || frame instanceof Uint8Array;
    this.socket.send(isPayload ? frame : JSON.stringify(frame));
  }

  /** The next frame, as text. */
  async text(): Promise<string> {
    return (await this.heard.next()) as string;
  }

  /** The next frame, as the JSON it holds. */
  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  /** Resolves when the server has read everything that was sent so far: control frames are answered in their order. */
  async synced(): Promise<void> {
    const pong = once(this.socket, "pong");
    this.socket.ping();
    await pong;
  }

  close(code = 1000, reason = ""): Promise<PeerEnd> {
    this.socket.close(code, reason);
    return this.end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.end;
  }
}

/** Connects, and waits until the server has accepted. */
export async function connect(port: number, options?: PeerOptions): Promise<Peer> {
  const peer = new Peer(port, options);
  await Promise.race([
    once(peer.socket, "open"),
    peer.end.then(({ code }) => Promise.reject(new Error(`the handshake failed: ${code}`))),
  ]);
  return peer;
}

export interface Refusal {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Connects where the server is to refuse, and tells how it did. */
export async function refused(port: number, options?: PeerOptions): Promise<Refusal> {
  const peer = new Peer(port, options);
  const [, response] = (await once(peer.socket, "unexpected-response")) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  peer.socket.terminate();
  await peer.end;
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
