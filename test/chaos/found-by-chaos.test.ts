import type { LayerMessage, Member } from "@solent/core/layer";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess } from "../support/redis/redis-process.ts";
import { redisProxy } from "../support/redis/redis-proxy.ts";
import { movingAddress } from "./moving-address.ts";

/** Keeps what it gets, as one word each. */
class Reader implements Member {
  readonly got: unknown[] = [];

  deliver({ data, meta }: LayerMessage): boolean {
    this.got.push(meta.type === "group.gap" ? `gap (${String(data["cause"])})` : data["n"]);
    return true;
  }

  async until(...expected: readonly unknown[]): Promise<void> {
    await eventually(`it has got ${expected.join(", ")}`, async () => this.got.length >= expected.length);
    expect(this.got).toEqual(expected);
  }
}

const say = (n: number) => ({ type: "chat.message", n });

describe("what chaos found", () => {
  test("a member hears of what was accepted and then lost with a primary, though the replica agrees with it", async () => {
    await using primary = await redisProcess();
    await using replica = await redisProcess({ replicaOf: primary });
    await replica.linked();
    await using address = await movingAddress(primary.port);
    await using proxy = await redisProxy({ port: address.port });
    await using other = new RedisPubSubChannelLayer({ redis: `redis://${address.address}`, prefix: "x" });
    const cutOff = { url: proxy.url, serverName: "127.0.0.1" };
    await using layer = new RedisPubSubChannelLayer({ redis: cutOff, prefix: "x" });
    const reader = new Reader();
    await layer.attach(reader).join("room");
    await other.groupSend("room", say(1));
    await reader.until(1);
    await primary.control.wait(1, 5000);
    await replica.loseLink();
    proxy.refuse();
    proxy.cut();
    await other.groupSend("room", say(2));
    await primary.kill();
    await replica.control.replicaof("NO", "ONE");
    address.lead(replica.port);
    await proxy.accept();
    await layer.ready();
    await other.ready();
    await other.groupSend("room", say(3));
    await reader.until(1, "gap (epoch)", 3);
  });

  test("a member hears of a first message that was accepted and lost with all data", async () => {
    await using server = await redisProcess();
    await using proxy = await redisProxy(server);
    await using other = new RedisPubSubChannelLayer({ redis: server.url, prefix: "x" });
    await using layer = new RedisPubSubChannelLayer({ redis: proxy.url, prefix: "x" });
    const reader = new Reader();
    await layer.attach(reader).join("room");
    proxy.refuse();
    proxy.cut();
    await other.groupSend("room", say(1));
    await server.restart({ keepData: false });
    await proxy.accept();
    await layer.ready();
    await other.ready();
    await other.groupSend("room", say(2));
    await reader.until("gap (epoch)", 2);
  });
});
