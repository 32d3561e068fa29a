import type { RedisLocation } from "@solent/redis-layer";
import { endAll, type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
import { type RedisProxy, redisProxy } from "../support/redis/redis-proxy.ts";
import type { RedisProxies } from "../support/redis/redis-proxies.ts";
import { type MovingAddress, movingAddress } from "./moving-address.ts";
import type { Blow, ServerFault, World } from "./world.ts";
import { lasts } from "./lasts.ts";

/** One server behind an address, with a replica that is reached through a proxy and may take its place. */
class SingleWorld implements World {
  readonly #address: MovingAddress;
  readonly #link: RedisProxy;
  readonly #standby: RedisProcess;
  readonly #servers: readonly RedisProcess[];
  #primary: RedisProcess;

  readonly faults: Readonly<Record<string, ServerFault>> = {
    "restart with data": { splits: false, strike: (blow) => this.#restart(blow, true) },
    "restart without data": { splits: false, strike: (blow) => this.#restart(blow, false) },
    // The old one is killed first, so that time goes on without a fork.
    "failover to a stale replica": { splits: false, strike: (blow) => this.#promoteStale(blow) },
    "failover to a stale replica, a node cut off with it": {
      splits: false,
      strike: (blow) => this.#promoteStaleWithNode(blow),
    },
  };

  constructor(parts: { primary: RedisProcess; standby: RedisProcess; link: RedisProxy; address: MovingAddress }) {
    this.#primary = parts.primary;
    this.#standby = parts.standby;
    this.#servers = [parts.primary, parts.standby];
    this.#link = parts.link;
    this.#address = parts.address;
  }

  get addresses(): readonly string[] {
    return [this.#address.address];
  }

  get running(): readonly RedisProcess[] {
    return this.#primary.isRunning ? [this.#primary] : [];
  }

  /** Two servers start faster than one becomes a replica again. */
  get isReusable(): boolean {
    return this.#primary !== this.#standby;
  }

  location(proxies: RedisProxies): RedisLocation {
    return { url: proxies.before(this.#address).url, serverName: "redis" };
  }

  async settled(): Promise<void> {
    if (this.#primary !== this.#standby) await this.#standby.linked();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll([this.#address, this.#link, ...this.#servers]);
  }

  async #restart({ lengthMs }: Blow, keepData: boolean): Promise<void> {
    await this.#primary.kill();
    await lasts(lengthMs);
    await this.#primary.restart({ keepData });
    // What it was started as, it would be again.
    if (this.#primary === this.#standby) await this.#standby.control.replicaof("NO", "ONE");
  }

  // Both know nothing of what happens next, and agree with each other when they meet again.
  async #promoteStaleWithNode(blow: Blow): Promise<void> {
    blow.isolate();
    await this.#promoteStale(blow);
    await blow.rejoin();
  }

  async #promoteStale({ lengthMs }: Blow): Promise<void> {
    if (this.#primary === this.#standby) return;
    // The replica hears nothing more, and the primary goes on for a while.
    this.#link.refuse();
    this.#link.cut();
    await lasts(lengthMs);
    await this.#primary.kill();
    await this.#standby.control.replicaof("NO", "ONE");
    this.#primary = this.#standby;
    this.#address.lead(this.#standby.port);
  }
}

/** Starts one server, its replica, and what stands before them. */
export async function singleWorld(): Promise<World> {
  const primary = await redisProcess();
  const link = await redisProxy({ port: primary.port });
  const standby = await redisProcess({ replicaOf: link });
  await standby.linked();
  return new SingleWorld({ primary, standby, link, address: await movingAddress(primary.port) });
}
