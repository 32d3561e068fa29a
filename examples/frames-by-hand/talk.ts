import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type CutFrame, type Frame, readFrame, writeFrame } from "./frame.ts";
import { describeFrame, type FrameReport } from "./describe-frame.ts";

/** What is said: a text, as it is, in three fragments, or with a ping between them; or some bytes of text. */
export type Asked =
  | { readonly what: "text" | "fragments" | "ping"; readonly text: string }
  | { readonly what: "size"; readonly bytes: number };

/** A handshake and what followed it. */
export interface Talk {
  readonly handshake: {
    readonly request: readonly string[];
    readonly answer: readonly string[];
    readonly key: string;
    /** What the server has to answer: SHA-1 of the key and of `guid`, in base64. */
    readonly accept: string;
    readonly guid: string;
    readonly isAccepted: boolean;
  };
  readonly frames: readonly FrameReport[];
}

/** The same for everybody (RFC 6455 section 1.3): it shows that the server knows the protocol. */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const deadlineMs = 5_000;

/**
 * Speaks to a WebSocket server on this machine as its own client.
 *
 * @throws {Error} when it is told to stop, or the server's answer does not come in time.
 */
export async function talk(port: number, asked: Asked, signal: AbortSignal): Promise<Talk> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const socket = connect({ port, host: "127.0.0.1", signal: until });
  try {
    const wire = new Wire(socket);
    const key = randomBytes(16).toString("base64");
    const request = [
      "GET /echo HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
    ];
    socket.write(`${request.join("\r\n")}\r\n\r\n`);
    const answer = await wire.head();
    const accept = createHash("sha1")
      .update(key + guid)
      .digest("base64");
    const isAccepted = answer.some((line) => /^sec-websocket-accept: *(\S+)$/i.exec(line)?.[1] === accept);
    const handshake = { request, answer, key, accept, guid, isAccepted };
    return { handshake, frames: await exchange(socket, wire, framesOf(asked)) };
  } finally {
    socket.destroy();
  }
}

/** Sends frames, then waits for what comes back, then says good-bye. */
async function exchange(socket: Socket, wire: Wire, frames: readonly Frame[]): Promise<FrameReport[]> {
  const reports: FrameReport[] = [];
  const send = (frame: Frame): void => {
    const written = writeFrame({ ...frame, maskKey: randomBytes(4) });
    socket.write(Buffer.concat(Object.values(written.bytes)));
    reports.push(describeFrame("client", written));
  };
  const receive = async (): Promise<void> => {
    reports.push(describeFrame("server", await wire.frame()));
  };
  for (const frame of frames) send(frame);
  // Each message comes back, and each ping as a pong.
  for (const { fin, opcode } of frames) if (fin || opcode === 9) await receive();
  send({ fin: true, opcode: 8, payload: Buffer.from([0x03, 0xe8]) });
  await receive();
  return reports;
}

function framesOf(asked: Asked): Frame[] {
  const text = asked.what === "size" ? "solent ".repeat(asked.bytes).slice(0, asked.bytes) : asked.text;
  const payload = Buffer.from(text);
  if (asked.what === "size" || asked.what === "text") return [{ fin: true, opcode: 1, payload }];
  // By bytes: a cut may go through a character.
  const [one, two] = [Math.ceil(payload.length / 3), Math.ceil((payload.length * 2) / 3)];
  return [
    { fin: false, opcode: 1, payload: payload.subarray(0, one) },
    ...(asked.what === "ping" ? [{ fin: true, opcode: 9, payload: Buffer.from("there?") }] : []),
    { fin: false, opcode: 0, payload: payload.subarray(one, two) },
    { fin: true, opcode: 0, payload: payload.subarray(two) },
  ];
}

/** What comes over TCP, which knows no frames: a piece may hold half of one, or several. */
class Wire {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#pieces = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async head(): Promise<string[]> {
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end >= 0) {
        const head = this.#rest.toString("latin1", 0, end);
        this.#rest = this.#rest.subarray(end + 4);
        return head.split("\r\n");
      }
      await this.#more();
    }
  }

  async frame(): Promise<CutFrame> {
    for (;;) {
      const frame = readFrame(this.#rest);
      if (frame !== undefined) {
        const size = Object.values(frame.bytes).reduce((sum, { length }) => sum + length, 0);
        this.#rest = this.#rest.subarray(size);
        return frame;
      }
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done === true) throw new Error("The server has closed TCP before it answered.");
    this.#rest = Buffer.concat([this.#rest, value]);
  }
}
