import { RedisPubSubChannelLayer } from "@solent/redis-layer";

// A process of its own with a node: node one-node.ts <url> serve | send
const [url = "", what = ""] = process.argv.slice(2);
const layer = new RedisPubSubChannelLayer({ redis: url, prefix: "onenode" });

if (what === "serve") {
  await layer.ready();
  for (let i = 0; i < 20; i += 1) {
    const channel = await layer.newChannel();
    await layer.groupAdd(`room.${i}`, channel.name);
  }
  process.stdout.write("ready\n");
} else {
  // As in a script: no event loop to care for, and nothing to wait for first.
  for (let n = 1; n <= 50; n += 1) await layer.groupSend("room", { type: "room.line", from: "script", n });
  await layer.close();
}
