import type { RedisServer } from "../connection/redis-server.ts";
import type { HomeIn, MakeServer, ServerAddress, Topology } from "../topology/topology.ts";

/** The hosts of channels_redis, by their numbers in the list that all services have: a partition is a host. */
export class HostTopology implements Topology {
  readonly isOneServer: boolean;
  readonly servers: ReadonlySet<RedisServer>;
  readonly #hosts: readonly RedisServer[];

  constructor(addresses: readonly ServerAddress[], make: MakeServer) {
    this.#hosts = addresses.map((address) => make(address));
    this.servers = new Set(this.#hosts);
    this.isOneServer = this.#hosts.length === 1;
  }

  start(homeIn: HomeIn): void {
    for (const [host, server] of this.#hosts.entries()) {
      server.start();
      void server.settle(homeIn(host));
    }
  }

  serverOf(host: number): RedisServer | undefined {
    return this.#hosts[host];
  }

  secondOf(): undefined {
    return undefined;
  }

  serverAt(): undefined {
    return undefined;
  }

  lookAgain(): void {
    // Nothing can have moved.
  }

  close(): void {
    for (const server of this.#hosts) server.close();
  }
}
