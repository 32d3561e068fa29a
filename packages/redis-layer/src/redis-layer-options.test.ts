import { describe, expect, test } from "vitest";
import { type RedisPubSubChannelLayerOptions, splitOptions } from "./redis-layer-options.ts";

describe('the option wire: "channels_redis"', () => {
  test("brings the original's defaults, and leaves what is given", () => {
    const { prefix, serializerFormat } = splitOptions({ wire: "channels_redis" }).redis;
    expect([prefix, serializerFormat]).toEqual(["asgi", "msgpack"]);
    const given = splitOptions({ wire: "channels_redis", prefix: "shop", serializerFormat: "json" }).redis;
    expect([given.prefix, given.serializerFormat]).toEqual(["shop", "json"]);
    expect(splitOptions({ wire: "channels_redis", prefix: undefined }).redis.prefix).toBe("asgi");
    expect(splitOptions({}).redis).toMatchObject({ wire: "solent", prefix: "solent", serializerFormat: "json" });
  });

  test.each<[string, RedisPubSubChannelLayerOptions]>([
    ["prefix", { prefix: "a:b" }],
    ["prefix", { prefix: "a".repeat(51) }],
    ["prefix", { prefix: "" }],
    ["redis", { redis: { cluster: ["redis://a"] } }],
    ["redis", { redis: { servers: ["redis://a"], previousServers: ["redis://b"] } }],
    ["positionTtlMs", { positionTtlMs: 1000 }],
    ["wire", { wire: "channels" as "channels_redis" }],
  ])("refuses what has no meaning in it: %s, %j", (option, options) => {
    expect(() => splitOptions({ wire: "channels_redis", ...options })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", details: expect.objectContaining({ option }) }),
    );
  });
});
