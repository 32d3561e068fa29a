// One round of one measure with one peer, in fresh processes.
import { figuresOf } from "./figures.mjs";
import { LoadGenerator } from "./load-generator.mjs";
import { cpuUs, sampleAll } from "./machine.mjs";
import { startPeer } from "./peers.mjs";
import { MeasuredRedis } from "./redis.mjs";
import { sleep, start, stop } from "./processes.mjs";

const settledMs = 300;
const collectionMs = 1_000;

/**
 * Runs it and answers its figures, or `{ error }`.
 *
 * @param {{ spec: object, measure: object, probe?: string, nodeFlags: string[] }} job
 */
export async function runRound(job) {
  const { spec, measure } = job;
  const running = [];
  let redis;
  try {
    redis = spec.redis ? await MeasuredRedis.start() : undefined;
    const servers = [];
    for (let i = 0; i < (measure.nodes ?? 1); i++) {
      servers.push(await startPeer(spec, { nodeFlags: job.nodeFlags, redisUrl: redis?.url }));
      running.push(servers.at(-1));
    }
    await sleep(settledMs);
    const ports = servers.map(({ port }) => port).join(",");
    const generator = new LoadGenerator(loadOptions(spec, measure, ports));
    running.push(generator.process);
    const phases = await followPhases({ ...job, servers, redis, generator, running });
    return figuresOf(measure, phases);
  } catch (error) {
    return { error: error.message, server: running[0]?.tail.trim() };
  } finally {
    for (const child of running.toReversed()) await stop(child);
    await redis?.stop();
  }
}

function loadOptions(spec, measure, ports) {
  const path = spec.path === undefined ? {} : { path: spec.path };
  return { ports, dialect: spec.dialect, mode: measure.mode, ...path, ...measure.load };
}

async function followPhases(round) {
  const { servers, redis, generator, measure } = round;
  const phases = new Map();
  for (let phase = await generator.nextPhase(); phase !== undefined; phase = await generator.nextPhase()) {
    const record = { ...phase, server: sampleAll(servers), generator: cpuUs(generator.process.pid) };
    if (redis !== undefined) record.redis = await redis.sample();
    phases.set(phase.of === undefined ? phase.phase : `${phase.phase} ${phase.of}`, record);
    if (measure.restMs !== undefined) await rest(record, servers, measure.restMs);
    if (phase.phase === "warmed") startProbe(round);
    generator.goOn();
  }
  return phases;
}

// Memory is read when everything is quiet, as it stands and after a collection.
async function rest(record, servers, restMs) {
  if (record.phase !== "start") {
    await sleep(restMs);
    record.rested = sampleAll(servers);
  }
  for (const server of servers) server.kill("SIGUSR2");
  await sleep(collectionMs);
  record.collected = sampleAll(servers);
  if (record.phase === "start") record.server = record.collected;
}

function startProbe({ probe, servers: [server], running }) {
  if (probe === undefined) return;
  const child = start("/bin/sh", ["-c", `exec ${probe.replaceAll("PID", String(server.pid))}`]);
  child.stdout.pipe(process.stderr);
  running.push(child);
}
