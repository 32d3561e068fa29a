import { ChannelConsumer, ChannelNameRouter, type EventMeta, runWorker } from "@solent/core";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";

// A process of its own with a worker: node one-worker.ts <url> <prefix> <delivery>. It says what it begins, and ends no job
// that nobody had in hand before.
const [redis = "", prefix = "", delivery = ""] = process.argv.slice(2);

class Jobs extends ChannelConsumer {
  async job_run({ id }: { id: number }, { redelivered }: EventMeta) {
    process.stdout.write(`${JSON.stringify({ id, redelivered })}\n`);
    await new Promise(() => undefined);
  }
}

const layer = new RedisPubSubChannelLayer({ redis, prefix, leaseMs: 600 });
await layer.ready();
runWorker(new ChannelNameRouter({ jobs: Jobs }), { layer, delivery: delivery as "atLeastOnce" });
