import type { RedisServer } from "../connection/redis-server.ts";
import { partitionCount } from "../layout/partitions.ts";
import { rendezvous } from "./rendezvous.ts";
import type { HomeIn, MakeServer, ServerAddress, Topology } from "./topology.ts";

/** Which server holds which partition, where nothing else decides: as evenly as may be, and moving little. */
function evenly(keys: readonly string[]): readonly number[] {
  return Array.from({ length: partitionCount }, (_, partition) => rendezvous(keys, partition));
}

/** One server, or several that know nothing of each other: a partition never moves. */
export class FixedTopology implements Topology {
  readonly isOneServer: boolean;
  readonly servers: ReadonlySet<RedisServer>;
  readonly #byPartition: readonly RedisServer[];

  /** @param owners for each partition the number of its server, where not the layer's own choice. */
  constructor(addresses: readonly ServerAddress[], make: MakeServer, owners?: readonly number[]) {
    this.isOneServer = addresses.length === 1;
    const servers = addresses.map((address) => make(address));
    this.servers = new Set(servers);
    const choice = owners ?? evenly(addresses.map(({ key }) => key));
    this.#byPartition = choice.flatMap((owner) => servers[owner] ?? []);
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
