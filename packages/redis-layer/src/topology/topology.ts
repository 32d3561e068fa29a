import type { RedisConnectOptions } from "../connection/connect-options.ts";
import type { RedisServer } from "../connection/redis-server.ts";

/** Which server holds which partition. */
export interface Topology {
  /** Begins to connect. `onMoved` hears of partitions that another server holds now. */
  start(homeIn: HomeIn, onMoved: (partitions: readonly number[]) => void): void;
  /** The server of a partition; `undefined` while that is not known. */
  serverOf(partition: number): RedisServer | undefined;
  /** A second server on which the partition may be published, while another list of servers replaces the one before. */
  secondOf(partition: number): RedisServer | undefined;
  /** All servers that hold partitions; empty while none is known. */
  readonly servers: ReadonlySet<RedisServer>;
  /** The server at an address that another one named. */
  serverAt(address: string): RedisServer | undefined;
  /** Something was not where it should be: look again soon. */
  lookAgain(): void;
  /** Whether all partitions are, and will be, on one server. */
  readonly isOneServer: boolean;
  close(): void;
}

/** Where a server is. */
export interface ServerAddress {
  /** What tells it from the others. */
  readonly key: string;
  readonly url?: string;
  readonly options: RedisConnectOptions;
}

/** Makes a server that is not started. */
export type MakeServer = (address: ServerAddress) => RedisServer;

/** The name of a channel that is in a partition, and that only this node uses. */
export type HomeIn = (partition: number) => string;
