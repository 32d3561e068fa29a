// Starts the primaries of a Redis Cluster for a round.
import { Redis } from "ioredis";
import { freePort, startRedisServer } from "../../scripts/redis-server.mjs";
import { sleep } from "./processes.mjs";

const slots = 16_384;
const patienceMs = 20_000;

/** Primaries without replicas, each with an equal share of the slots. Resolves when all of them find the Cluster well. */
export async function startRedisCluster(primaries) {
  const servers = [];
  try {
    while (servers.length < primaries) servers.push(await startPrimary());
    await introduce(servers);
    return servers;
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  }
}

async function startPrimary() {
  const busPort = await freePort();
  const server = await startRedisServer({
    args: [
      ...["--save", "", "--appendonly", "no", "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"],
      // By itself it is the port + 10,000, among those of outgoing connections.
      ...["--cluster-port", `${busPort}`],
    ],
  });
  return Object.assign(server, { busPort });
}

async function introduce(servers) {
  const clients = servers.map(({ url }) => new Redis(url));
  try {
    const [first] = servers;
    for (const [i, client] of clients.entries()) {
      const edges = [i, i + 1].map((at) => Math.ceil((at * slots) / servers.length));
      await client.call("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
      await client.call("CLUSTER", "ADDSLOTSRANGE", edges[0], edges[1] - 1);
      if (i > 0) await client.call("CLUSTER", "MEET", "127.0.0.1", first.port, first.busPort);
    }
    const deadlineMs = performance.now() + patienceMs;
    while (!(await isWhole(clients))) {
      if (performance.now() > deadlineMs) throw new Error(`The Cluster was not well within ${patienceMs} ms.`);
      await sleep(50);
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function isWhole(clients) {
  const views = await Promise.all(clients.map((client) => client.call("CLUSTER", "INFO")));
  const wanted = ["cluster_state:ok", `cluster_slots_ok:${slots}`, `cluster_size:${clients.length}`];
  return views.every((view) => wanted.every((line) => view.includes(`${line}\r\n`)));
}
