import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../../../scripts/redis-server.mjs";
import { ProxyLink, type Loss, type Plans } from "./proxy-link.ts";
import type { Weather } from "./proxy-pump.ts";

export interface ProxyTarget {
  /** @default "127.0.0.1" */
  readonly host?: string;
  readonly port: number;
  /** The proxy's `url` is this one, with its own port. */
  readonly url?: string;
}

export interface ProxyLimits {
  /** The largest frame it lets pass; a larger one ends the connection and fails the proxy's disposal. @default 16 MiB */
  readonly maxFrameBytes?: number;
  /** What it holds in each direction of a connection before it stops reading. @default 1 MiB */
  readonly maxQueuedBytes?: number;
}

interface Drop {
  readonly channelPart: string;
  readonly done: (channel: string) => void;
  readonly failed: (error: Error) => void;
}

const MAX_PLANS = 1_000;

/**
 * A TCP proxy before one Redis server, which can be a bad network and a bad server.
 *
 * It forwards bytes untouched, and knows where frames begin: it takes single messages away and puts commands between those
 * of the client. TLS, replication and MONITOR pass it too, without that. Buffers have limits; a full one slows the sender.
 */
export class RedisProxy implements AsyncDisposable, Plans {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly url: string;
  readonly #target: ProxyTarget;
  readonly #limits: Required<ProxyLimits>;
  readonly #links = new Set<ProxyLink>();
  readonly #weather: Weather = { isFrozen: false, delayMs: 0, bytesPerSecond: undefined };
  readonly #drops: Drop[] = [];
  readonly #losses: Loss[] = [];
  #server: Server | undefined;
  #failure: Error | undefined;

  /** Use `redisProxy`, which makes it accept. */
  constructor(port: number, target: ProxyTarget, limits: ProxyLimits = {}) {
    this.port = port;
    this.#target = target;
    const url = new URL(target.url ?? `redis://${this.host}`);
    url.port = `${port}`;
    this.url = url.href;
    this.#limits = { maxFrameBytes: 16 * 1024 * 1024, maxQueuedBytes: 1024 * 1024, ...limits };
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#links.size;
  }

  /** How many of them have ever subscribed to anything. */
  get subscribers(): number {
    return this.#subscribers().length;
  }

  /** How many commands have come from clients and are not fully answered by the server. */
  get unanswered(): number {
    return [...this.#links].reduce((sum, link) => sum + link.unanswered, 0);
  }

  /** Accepts connections, as it does from the start. */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#link(client));
    this.#server.listen(this.port, this.host);
    await once(this.#server, "listening");
  }

  /** Refuses new connections; those there are stay. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Destroys all connections, with everything on its way. New ones are accepted. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  /** Holds every frame for this long, in both directions; 0 ends it. Order stays. */
  delay(ms: number): void {
    this.#weather.delayMs = ms;
  }

  /** Lets this many bytes a second pass, in each direction of each connection; undefined ends it. */
  throttle(bytesPerSecond: number | undefined): void {
    this.#weather.bytesPerSecond = bytesPerSecond;
    this.#flush();
  }

  /** Forwards nothing either way, not even an end, and keeps all sockets. New connections are accepted, and get nothing. */
  halfOpen(): void {
    this.#weather.isFrozen = true;
    this.#flush();
  }

  /** Ends `halfOpen`: what was held back goes on, in order. */
  thaw(): void {
    this.#weather.isFrozen = false;
    this.#flush();
  }

  /**
   * Swallows the next pub/sub message whose channel has this text in it, on one connection.
   *
   * Resolves with the channel when it has happened; rejects when the proxy is disposed of before.
   */
  dropNextMessage(channelPart: string): Promise<string> {
    if (this.#drops.length >= MAX_PLANS) throw new Error(`at most ${MAX_PLANS} messages can be waited for`);
    const dropped = new Promise<string>((done, failed) => this.#drops.push({ channelPart, done, failed }));
    // A test may not care when it happens.
    dropped.catch(() => {});
    return dropped;
  }

  /**
   * Sends a command in the client's name, on every connection that has subscribed, or on all.
   *
   * Resolves with the answers, connection by connection, which the clients never see. Not for a connection inside MULTI.
   */
  async inject(
    command: readonly string[],
    into: "subscribers" | "all" = "subscribers",
  ): Promise<(readonly Buffer[])[]> {
    const links = into === "all" ? [...this.#links] : this.#subscribers();
    if (links.length === 0) throw new Error(`no connection to inject ${command[0]} into (${into})`);
    return Promise.all(links.map((link) => link.inject(command)));
  }

  /**
   * Cuts a connection when the server has executed and answered the next `count` commands, none of whose answers arrive.
   *
   * Of one name if it is given ("publish", "evalsha"), on the connection that sends the first of them. What that client
   * sends behind the last one does not reach the server. Resolves when it has happened.
   */
  cutAfterExecuting(count: number, name?: string): Promise<void> {
    if (this.#losses.length >= MAX_PLANS) throw new Error(`at most ${MAX_PLANS} losses can be waited for`);
    const cut = new Promise<void>((done, failed) => {
      this.#losses.push({ count, name: name?.toLowerCase(), done, failed });
    });
    cut.catch(() => {});
    return cut;
  }

  /** For its connections. */
  takesMessage(channel: string): boolean {
    const at = this.#drops.findIndex(({ channelPart }) => channel.includes(channelPart));
    if (at < 0) return false;
    this.#drops.splice(at, 1)[0]!.done(channel);
    return true;
  }

  /** For its connections. */
  takesLoss(name: string): Loss | undefined {
    const at = this.#losses.findIndex((loss) => loss.name === undefined || loss.name === name);
    return at < 0 ? undefined : this.#losses.splice(at, 1)[0];
  }

  /** Ends all connections. Throws if the proxy itself had to end one, since then the test has not seen what it meant to. */
  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server;
    const closed = server === undefined ? undefined : once(server, "close");
    this.refuse();
    this.cut();
    await closed;
    const over = new Error("the proxy is gone");
    for (const plan of [...this.#drops.splice(0), ...this.#losses.splice(0)]) plan.failed(over);
    if (this.#failure) throw new Error(`the proxy had to end a connection: ${this.#failure.message}`);
  }

  #subscribers(): ProxyLink[] {
    return [...this.#links].filter((link) => link.isSubscriber);
  }

  #flush(): void {
    for (const link of this.#links) link.flush();
  }

  #link(client: Socket): void {
    const { port, host = "127.0.0.1" } = this.#target;
    const link: ProxyLink = new ProxyLink({
      client,
      server: connect({ port, host, allowHalfOpen: true, noDelay: true }),
      weather: this.#weather,
      plans: this,
      ...this.#limits,
      closed: (failure) => {
        this.#links.delete(link);
        this.#failure ??= failure;
      },
    });
    this.#links.add(link);
  }
}

/** Starts a proxy on a free port before a server. */
export async function redisProxy(target: ProxyTarget, limits?: ProxyLimits): Promise<RedisProxy> {
  const proxy = new RedisProxy(await freePort(), target, limits);
  await proxy.accept();
  return proxy;
}
