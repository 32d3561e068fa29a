import { type RedisAddress, type RedisLocation, refuse } from "./redis-layer-options.ts";
import type { ServerAddress } from "./topology/topology.ts";

/**
 * The servers of a location; of a Cluster those that are named.
 *
 * @throws {SolentError} CONFIG_INVALID
 */
export function addressesOf(location: RedisLocation): readonly ServerAddress[] {
  if (typeof location === "string") return [addressOf(location)];
  if ("sentinels" in location) {
    const { sentinels, name, options } = location;
    if (sentinels.length === 0) refuse("redis.sentinels", "[]", "it names at least one Sentinel");
    return [{ key: `sentinel:${name}`, options: { ...options, sentinels: [...sentinels], name } }];
  }
  if ("cluster" in location) return distinct("redis.cluster", location.cluster);
  return "servers" in location ? distinct("redis.servers", location.servers) : [addressOf(location)];
}

/** The servers before, where others replace them. */
export function previousAddressesOf(location: RedisLocation): readonly ServerAddress[] | undefined {
  if (typeof location === "string" || !("servers" in location) || location.previousServers === undefined)
    return undefined;
  return distinct("redis.previousServers", location.previousServers);
}

function distinct(option: string, servers: readonly RedisAddress[]): readonly ServerAddress[] {
  const addresses = servers.map((server) => addressOf(server));
  if (addresses.length === 0) refuse(option, "[]", "it names at least one server");
  const keys = new Set(addresses.map(({ key }) => key));
  if (keys.size < addresses.length) refuse(option, [...keys].join(", "), "each server is named once");
  return addresses;
}

function addressOf(address: RedisAddress): ServerAddress {
  const { url, serverName, ...options } = typeof address === "string" ? { url: address } : address;
  if (url === undefined) {
    const { path, host = "127.0.0.1", port = 6379, db = 0 } = options;
    return { key: serverName ?? path ?? `${host}:${port}/${db}`, options };
  }
  if (url.startsWith("/")) return { key: serverName ?? url, url, options };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^(redis|rediss):$/.test(parsed.protocol)) {
    refuse("redis", shown(url), 'it is a URL as in "redis://host:6379", or the path of a Unix socket');
  }
  const db = parsed.pathname.slice(1) || "0";
  return { key: serverName ?? `${parsed.hostname}:${parsed.port || "6379"}/${db}`, url, options };
}

// A password may be in it.
function shown(url: string): string {
  return url.replace(/\/\/[^@]*@/, "//…@").slice(0, 100);
}
