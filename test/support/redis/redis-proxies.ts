import { endAll } from "./redis-process.ts";
import { redisProxy, type RedisProxy } from "./redis-proxy.ts";

/**
 * A proxy before each of several servers, and the map that leads clients through them.
 *
 * Servers of a Cluster, and sentinels, tell clients real addresses; ioredis translates them with `natMap`, which both
 * `new Cluster(..., { natMap })` and `new Redis({ sentinels, natMap })` take.
 */
export class RedisProxies implements AsyncDisposable {
  /** "host:port" of the server -> address of its proxy. `add` changes it in place. */
  readonly natMap: Record<string, { host: string; port: number }> = {};
  readonly #proxies = new Map<string, RedisProxy>();

  get all(): readonly RedisProxy[] {
    return [...this.#proxies.values()];
  }

  /** The proxy before the server of this address ("127.0.0.1:<port>"). */
  before({ address }: { readonly address: string }): RedisProxy {
    const proxy = this.#proxies.get(address);
    if (proxy === undefined) throw new Error(`no proxy is before ${address}`);
    return proxy;
  }

  /** Puts a proxy before one more server. */
  async add({ address }: { readonly address: string }): Promise<RedisProxy> {
    const known = this.#proxies.get(address);
    if (known !== undefined) return known;
    const at = address.lastIndexOf(":");
    const proxy = await redisProxy({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
    this.#proxies.set(address, proxy);
    this.natMap[address] = { host: proxy.host, port: proxy.port };
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.all);
  }
}

/** Starts a proxy before each server. */
export async function redisProxies(servers: Iterable<{ readonly address: string }>): Promise<RedisProxies> {
  const proxies = new RedisProxies();
  for (const server of servers) await proxies.add(server);
  return proxies;
}
