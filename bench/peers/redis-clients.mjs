// Two connections to the Redis of the round: one publishes, one subscribes.
import { createClient } from "redis";

export async function redisClients() {
  const publisher = createClient({ url: process.env.REDIS_URL });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return { publisher, subscriber };
}
