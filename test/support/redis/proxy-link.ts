import type { Socket } from "node:net";
import { Pump, type Weather } from "./proxy-pump.ts";
import { ReplyBook } from "./reply-book.ts";
import { commandFrame, FrameScanner, headOf } from "./resp-frames.ts";

/** What the proxy is to do with frames to come; the connections look into it at every frame. */
export interface Plans {
  /** Takes the message of a channel away, if that is planned. */
  takesMessage(channel: string): boolean;
  /** Takes a loss that waits for a command of this name. */
  takesLoss(name: string): Loss | undefined;
}

/** Commands whose answers the client is never to hear. */
export interface Loss {
  readonly name: string | undefined;
  readonly count: number;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly server: Socket;
  readonly weather: Weather;
  readonly plans: Plans;
  readonly maxFrameBytes: number;
  readonly maxQueuedBytes: number;
  /** Called once: both sockets are gone, because of an error of the proxy itself if there is one. */
  readonly closed: (failure: Error | undefined) => void;
}

/** Unanswered commands at which the client is not read further. */
const MAX_AWAITED = 20_000;
const TLS_HANDSHAKE = 0x16;

/** Commands after which a connection no longer carries one answer a command. */
const breaksOrder = new Set(["psync", "sync", "monitor"]);

/** One client's connection through the proxy: two sockets, two pumps, and the book that says which reply answers what. */
export class ProxyLink {
  readonly #options: LinkOptions;
  readonly #book = new ReplyBook();
  readonly #toServer: Pump;
  readonly #toClient: Pump;
  readonly #commands: FrameScanner;
  readonly #replies: FrameScanner;
  readonly #injected = new Set<(error: Error) => void>();
  #isNew = true;
  #isRaw = false;
  #isDoomed = false;
  #isClosed = false;
  #loss: (Loss & { sent: number; answered: number }) | undefined;
  #isMuted = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { client, server, weather, maxQueuedBytes, maxFrameBytes } = options;
    const isHeldBack = (): boolean => this.#book.size > MAX_AWAITED;
    this.#toServer = new Pump({ source: client, sink: server, weather, maxQueuedBytes, isHeldBack });
    this.#toClient = new Pump({ source: server, sink: client, weather, maxQueuedBytes, isHeldBack: () => false });
    this.#commands = new FrameScanner(maxFrameBytes);
    this.#replies = new FrameScanner(maxFrameBytes);
    this.#join(client, this.#toServer, (chunk) => this.#fromClient(chunk));
    this.#join(server, this.#toClient, (chunk) => this.#fromServer(chunk));
    this.flush();
  }

  /** Whether it has ever subscribed to anything. */
  get isSubscriber(): boolean {
    return this.#book.isSubscriber;
  }

  /** How many commands the server has not fully answered. */
  get unanswered(): number {
    return this.#book.size;
  }

  /** To be called when the weather changes. */
  flush(): void {
    // In a network that carries nothing, nobody hears either that the other one is gone.
    if (this.#isDoomed && !this.#options.weather.isFrozen) return this.cut();
    this.#toServer.flush();
    this.#toClient.flush();
  }

  /** Destroys both sockets, with everything that is queued. */
  cut(failure?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const pump of [this.#toServer, this.#toClient]) pump.stop();
    for (const socket of [this.#options.client, this.#options.server]) socket.destroy();
    const reason = failure ?? new Error("the connection through the proxy has ended");
    for (const fail of this.#injected) fail(reason);
    if (this.#loss) this.#loss.failed(new Error(`${reason.message} after ${this.#loss.answered} commands`));
    this.#options.closed(failure);
  }

  /** Sends a command behind the client's back; resolves with the frames that answered it, which the client never sees. */
  inject(words: readonly string[]): Promise<readonly Buffer[]> {
    if (this.#isRaw) return Promise.reject(new Error("nothing can be injected into TLS, replication or MONITOR"));
    return new Promise((resolve, reject) => {
      this.#injected.add(reject);
      const answer: Buffer[] = [];
      const frame = commandFrame(words);
      this.#book.sent(frame, (reply, isLast) => {
        answer.push(reply);
        if (!isLast) return;
        this.#injected.delete(reject);
        resolve(answer);
      });
      this.#toServer.write(frame);
    });
  }

  #join(socket: Socket, onwards: Pump, take: (chunk: Buffer) => void): void {
    socket.on("data", (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        this.cut(error as Error);
      }
    });
    socket.on("end", () => onwards.end());
    // Why a socket closes, its peer is told by the other socket's closing.
    socket.on("error", () => {});
    socket.on("close", (hadError) => {
      this.#isDoomed ||= hadError || this.#bothEnded();
      this.flush();
    });
  }

  #bothEnded(): boolean {
    return this.#options.client.destroyed && this.#options.server.destroyed;
  }

  #fromClient(chunk: Buffer): void {
    if (this.#isNew && chunk[0] === TLS_HANDSHAKE) this.#isRaw = true;
    this.#isNew = false;
    if (this.#isRaw) return this.#toServer.write(chunk);
    const frames = this.#commands.push(chunk);
    for (const [at, frame] of frames.entries()) {
      if (this.#command(frame)) continue;
      this.#isRaw = true;
      this.#toServer.write(Buffer.concat([...frames.slice(at), this.#commands.rest()]));
      return;
    }
  }

  /** Forwards one command; answers false at one after which order is broken. */
  #command(frame: Buffer): boolean {
    const name = headOf(frame, 1).items[0]?.toLowerCase() ?? "";
    if (breaksOrder.has(name)) return false;
    if (this.#loss === undefined) {
      const loss = this.#options.plans.takesLoss(name);
      if (loss) this.#loss = { ...loss, sent: 0, answered: 0 };
    }
    // What comes behind the last command of a loss never reaches the server: exactly that many are executed.
    if (this.#loss && this.#loss.sent === this.#loss.count) return true;
    const isLost = this.#loss !== undefined && isOf(this.#loss, name);
    if (isLost) this.#loss!.sent++;
    this.#book.sent(frame, isLost ? (_reply, isLast) => this.#lose(isLast) : undefined);
    this.#toServer.write(frame);
    return true;
  }

  #fromServer(chunk: Buffer): void {
    if (this.#isRaw) {
      const held = this.#replies.rest();
      return this.#toClient.write(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
    }
    for (const frame of this.#replies.push(chunk)) {
      if (!this.#isClosed) this.#reply(frame);
    }
    // Answers make room for commands.
    this.#toServer.flush();
  }

  #reply(frame: Buffer): void {
    const heard = this.#book.heard(frame);
    if (heard.kind === "answer" && heard.to.swallow) return heard.to.swallow(frame, heard.isLast);
    if (this.#isMuted) return;
    if (heard.kind === "message" && this.#options.plans.takesMessage(heard.channel)) return;
    this.#toClient.write(frame);
  }

  /** An answer is lost, and so is all that comes behind it. */
  #lose(isLast: boolean): void {
    this.#isMuted = true;
    const loss = this.#loss;
    if (!isLast || loss === undefined || ++loss.answered < loss.count) return;
    this.#loss = undefined;
    this.cut();
    loss.done();
  }
}

const isOf = (loss: Loss, name: string): boolean => loss.name === undefined || loss.name === name;
