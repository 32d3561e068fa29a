import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type FrameParts, rawFrame, readFrame, type ReadFrame } from "./raw-frame.ts";
import { type Hearing, OpenSockets, type Subject } from "./subject.ts";

/** What a server does wrong beside checking nothing. */
export interface Faults {
  /** Changes the answer to the handshake. */
  readonly handshake?: (answer: string) => string;
  /** Changes a frame of the server. */
  readonly frame?: (parts: FrameParts) => FrameParts;
  /** What is written behind a close frame. */
  readonly afterClose?: FrameParts;
  /** Leaves TCP open behind a close frame. */
  readonly keepsTcp?: boolean;
  /** Changes what the consumer is told. */
  readonly hearing?: (hearing: Hearing) => void;
}

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * An echo server that takes everything: any request, any frame, any code.
 *
 * It is what a runner of tests is held against: who finds nothing wrong with it looks at nothing.
 */
export class NaiveServer implements Subject {
  readonly #faults: Faults;
  readonly #server: Server = createServer({ allowHalfOpen: true });
  readonly #sockets = new OpenSockets();
  readonly #hearings = new Map<string, Hearing>();

  constructor(faults: Faults = {}) {
    this.#faults = faults;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      new NaiveConnection(socket, faults, this.#hearings);
    });
  }

  async listen(): Promise<this> {
    this.#server.listen({ port: 0, host: "127.0.0.1" });
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  hearing(id: string): Hearing | undefined {
    const hearing = this.#hearings.get(id);
    if (hearing?.end !== undefined) this.#faults.hearing?.(hearing);
    return hearing;
  }

  bytesRead(clientPort: number): number | undefined {
    return this.#sockets.bytesRead(clientPort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sockets.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

class NaiveConnection {
  readonly #socket: Socket;
  readonly #faults: Faults;
  readonly #hearings: Map<string, Hearing>;
  #hearing: Hearing | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #fragments: ReadFrame[] = [];

  constructor(socket: Socket, faults: Faults, hearings: Map<string, Hearing>) {
    this.#socket = socket;
    this.#faults = faults;
    this.#hearings = hearings;
    socket.on("data", (bytes) => this.#arrived(bytes));
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("close", () => this.#ended(1006, ""));
  }

  #arrived(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.#hearing === undefined) this.#shakeHands();
    if (this.#hearing === undefined) return;
    for (let frame = readFrame(this.#rest); frame !== undefined; frame = readFrame(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.size);
      this.#take(frame);
    }
  }

  #shakeHands(): void {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return;
    const request = this.#rest.toString("latin1", 0, end);
    this.#rest = this.#rest.subarray(end + 4);
    this.#hearing = { messages: [], end: undefined };
    this.#hearings.set(/\?(\w+)/.exec(request)?.[1] ?? "", this.#hearing);
    const key = /sec-websocket-key: *(\S*)/i.exec(request)?.[1] ?? "";
    const accept = createHash("sha1").update(`${key}${guid}`).digest("base64");
    const answer = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
    ].join("\r\n");
    this.#socket.write(`${this.#faults.handshake?.(answer) ?? answer}\r\n\r\n`);
  }

  #take(frame: ReadFrame): void {
    if (frame.opcode === 8) this.#close(frame.payload);
    else if (frame.opcode === 9) this.#write({ opcode: 10, payload: frame.payload });
    else if (frame.opcode !== 10) this.#gather(frame);
  }

  #gather(frame: ReadFrame): void {
    this.#fragments.push(frame);
    if (!frame.fin) return;
    const payload = Buffer.concat(this.#fragments.map((one) => one.payload));
    const opcode = this.#fragments[0]?.opcode ?? 1;
    this.#fragments = [];
    this.#hearing?.messages.push(opcode === 1 ? payload.toString() : payload);
    this.#write({ opcode, payload });
  }

  #close(payload: Buffer): void {
    const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
    this.#ended(code, payload.subarray(2).toString());
    this.#write({ opcode: 8, payload });
    if (this.#faults.afterClose !== undefined) this.#write(this.#faults.afterClose);
    if (this.#faults.keepsTcp !== true) this.#socket.end();
  }

  #ended(code: number, reason: string): void {
    if (this.#hearing !== undefined) this.#hearing.end ??= { code, reason };
  }

  #write(parts: FrameParts): void {
    if (!this.#socket.writable) return;
    this.#socket.write(rawFrame({ isMasked: false, ...(this.#faults.frame?.(parts) ?? parts) }));
  }
}
