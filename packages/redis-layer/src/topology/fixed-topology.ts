import type { RedisServer } from "../connection/redis-server.ts";
import { partitionCount } from "../layout/partitions.ts";
import { rendezvous } from "./rendezvous.ts";
import type { HomeIn, MakeServer, ServerAddress, Topology } from "./topology.ts";

/** How several servers replace others while nodes run. */
export interface Replacement {
  /** The servers before. */
  readonly previous: readonly ServerAddress[];
  /** Whether nodes run that know only those: everything is published there then, and heard from both. */
  readonly isPreviousInUse: () => boolean;
}

/** One server, or several that know nothing of each other: a partition never moves by itself. */
export class FixedTopology implements Topology {
  readonly isOneServer: boolean;
  readonly servers: ReadonlySet<RedisServer>;
  readonly #owners: readonly RedisServer[];
  readonly #previousOwners: readonly RedisServer[] | undefined;
  readonly #isPreviousInUse: () => boolean;

  constructor(addresses: readonly ServerAddress[], make: MakeServer, replacement?: Replacement) {
    const made = new Map<string, RedisServer>();
    const serverAt = (address: ServerAddress): RedisServer => {
      const server = made.get(address.key) ?? make(address);
      made.set(address.key, server);
      return server;
    };
    this.#owners = ownersOf(addresses, serverAt);
    this.#previousOwners = replacement && ownersOf(replacement.previous, serverAt);
    this.#isPreviousInUse = replacement?.isPreviousInUse ?? (() => false);
    this.servers = new Set(made.values());
    this.isOneServer = made.size === 1;
  }

  start(homeIn: HomeIn): void {
    for (const server of this.servers) {
      server.start();
      // Not on a Cluster, so any name will do on any server.
      void server.settle(homeIn(0));
    }
  }

  serverOf(partition: number): RedisServer | undefined {
    return (this.#isPreviousInUse() ? this.#previousOwners : this.#owners)?.[partition];
  }

  secondOf(partition: number): RedisServer | undefined {
    const second = (this.#isPreviousInUse() ? this.#owners : this.#previousOwners)?.[partition];
    return second === this.serverOf(partition) ? undefined : second;
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

function ownersOf(
  addresses: readonly ServerAddress[],
  serverAt: (address: ServerAddress) => RedisServer,
): readonly RedisServer[] {
  const keys = addresses.map(({ key }) => key);
  const servers = addresses.map(serverAt);
  const owners = Array.from({ length: partitionCount }, (_, partition) => servers[rendezvous(keys, partition)]);
  return owners.flatMap((server) => server ?? []);
}
