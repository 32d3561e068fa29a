import type { Config } from "../config.ts";
import type { ChatLog } from "../log.ts";
import { onStop } from "../stopping.ts";
import { OwnRedis } from "./own-redis.ts";
import { SupervisedNode } from "./supervised-node.ts";

/**
 * Runs several nodes on one port, which share a Redis and a database; a Redis of their own unless one is given.
 *
 * @returns the port, once all have been started; nothing when the first could not, which has said why, or when it was told
 *   to stop meanwhile.
 */
export async function runNodes(config: Config, log: ChatLog): Promise<number | undefined> {
  const ownRedis = config.redis === undefined ? await OwnRedis.start(log) : undefined;
  const redis = ownRedis?.url ?? config.redis ?? "";
  const nodes = Array.from({ length: config.nodes }, (_, at) => {
    return new SupervisedNode({ CHAT_NODE: `node-${at + 1}`, CHAT_NODES: "1", CHAT_REDIS: redis }, log);
  });
  let isStopping = false;
  onStop(log, async () => {
    isStopping = true;
    await Promise.all(nodes.map((node) => node.stop()));
    await ownRedis?.stop();
  });
  // The first one alone: it makes the tables and the admin's account, and only it complains about what it is given.
  const [first, ...others] = nodes;
  const port = await first?.start();
  if (port === undefined) {
    if (!isStopping) await ownRedis?.stop();
    process.exitCode = 1;
    return undefined;
  }
  await Promise.all(others.map((node) => node.startForSure()));
  if (isStopping) return undefined;
  log.info({ port, nodes: nodes.length }, "the nodes have started");
  return port;
}
