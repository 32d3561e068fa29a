import type { RedisServer } from "../connection/redis-server.ts";
import { partitionCount } from "../layout/partitions.ts";
import { rendezvous } from "./rendezvous.ts";
import type { HomeIn, MakeServer, ServerAddress, Topology } from "./topology.ts";

/** One server, or several that know nothing of each other: a partition never moves. */
export class FixedTopology implements Topology {
  readonly isOneServer: boolean;
  readonly servers: ReadonlySet<RedisServer>;
  readonly #byPartition: readonly RedisServer[];

  constructor(addresses: readonly ServerAddress[], make: MakeServer) {
    this.isOneServer = addresses.length === 1;
    const keys = addresses.map(({ key }) => key);
    const owners = Array.from({ length: partitionCount }, (_, partition) => rendezvous(keys, partition));
    const servers = addresses.map((address) => make(address));
    this.servers = new Set(servers);
    this.#byPartition = owners.flatMap((owner) => servers[owner] ?? []);
  }

  start(homeIn: HomeIn): void {
    for (const server of this.servers) {
      server.start();
      // Not on a Cluster, so any name will do on any server.
      void server.settle(homeIn(0));
    }
  }

  serverOf(partition: number): RedisServer | undefined {
    return this.#byPartition[partition];
  }

  serverAt(): undefined {
    return undefined;
  }

  lookAgain(): void {
    // Nothing can have moved.
  }

  close(): void {
    for (const server of this.servers) server.close();
  }
}
