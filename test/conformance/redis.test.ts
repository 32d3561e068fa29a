import { conformanceSkip, layerConformance } from "@solent/core/testing";
import type { RedisPubSubChannelLayerOptions } from "@solent/redis-layer";
import { afterAll, beforeAll, describe, test } from "vitest";
import { RedisHarness, type RedisWorld } from "./redis-harness.ts";
import { cluster, oneServer, sentinel, threeServers } from "./redis-worlds.ts";

const own = { offsets: true, history: true, presence: false, receivers: true, envelopes: true, queues: true };
const foreign = { ...own, offsets: false, history: false, envelopes: false, queues: false };

const rows: readonly [string, () => Promise<RedisWorld>, RedisPubSubChannelLayerOptions][] = [
  ["one server", oneServer, {}],
  ["one server, in MessagePack", oneServer, { serializerFormat: "msgpack" }],
  ["one server, encrypted", oneServer, { symmetricEncryptionKeys: ["the key of today", "the key of yesterday"] }],
  ["three servers", threeServers, {}],
  ["Sentinel", sentinel, {}],
  ["a Cluster of six", cluster, {}],
  ["one server, in the wire of channels_redis", oneServer, { wire: "channels_redis" }],
  ["three servers, in the wire of channels_redis", threeServers, { wire: "channels_redis" }],
];

describe.each(rows)("RedisPubSubChannelLayer on %s", (_, begin, options) => {
  let world: RedisWorld;
  beforeAll(async () => {
    world = await begin();
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());

  for (const conformanceCase of layerConformance) {
    const every = Object.fromEntries((conformanceCase.needs ?? []).map((need) => [need, () => undefined]));
    const capabilities = options.wire === "channels_redis" ? foreign : own;
    const skip = conformanceSkip(conformanceCase, { nodes: true, capabilities, faults: every });
    if (skip !== undefined) {
      test.skip(`${skip.name} [${skip.reason}]`);
      continue;
    }
    test(conformanceCase.name, async () => {
      await using harness = new RedisHarness(world, options);
      await conformanceCase.run(harness);
    });
  }
});
