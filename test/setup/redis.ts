import { findRedis } from "../support/redis/find-redis.ts";

const foundBy = "SOLENT_REDIS_FOUND_BY";

/**
 * vitest global setup of the projects that need Redis: finds or starts one server before the workers start.
 *
 * The workers read its address from `REDIS_URL`; all of them share it, so a test takes names of its own. Says in one line
 * which way it came by the server. Ends at the end what it started.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Every project calls this, one after the other, and the first has found the server for all.
  if (process.env[foundBy] === `${process.pid}`) return undefined;
  const before = process.env["REDIS_URL"];
  const redis = await findRedis();
  process.stdout.write(`${redis.how}.\n`);
  process.env["REDIS_URL"] = redis.url;
  process.env[foundBy] = `${process.pid}`;
  return async () => {
    await redis.stop();
    delete process.env[foundBy];
    if (before === undefined) delete process.env["REDIS_URL"];
    else process.env["REDIS_URL"] = before;
  };
}
