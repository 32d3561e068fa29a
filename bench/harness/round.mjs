// One round of one measure with one peer, in fresh processes.
import { figuresOf, figuresOfSteps } from "./figures.mjs";
import { LoadGenerator, LoadGenerators } from "./load-generator.mjs";
import { sampleAll } from "./machine.mjs";
import { startPeer } from "./peers.mjs";
import { MeasuredRedis } from "./redis.mjs";
import { sleep, start, stop } from "./processes.mjs";

const settledMs = 300;
const collectionMs = 1_000;
const longestCollectionMs = 20_000;

/**
 * Runs it and answers its figures, or `{ error }`. One with steps runs them one after the other.
 *
 * @param {{ spec: object, measure: object, probe?: string, nodeFlags: string[] }} job
 */
export async function runRound(job) {
  const { steps, ...measure } = job.measure;
  if (steps === undefined) return runOnce(job);
  const results = [];
  for (const { times, ...step } of steps) {
    const load = { ...measure.load, rate: measure.load.rate * times };
    results.push(await runOnce({ ...job, measure: { ...measure, ...step, load } }));
  }
  return results.find(({ error }) => error !== undefined) ?? figuresOfSteps(results);
}

async function runOnce(job) {
  const { spec, measure } = job;
  const running = [];
  let redis;
  try {
    redis = spec.redis ? await MeasuredRedis.start(measure.primaries) : undefined;
    const servers = [];
    for (let i = 0; i < (measure.nodes ?? 1); i++) {
      const environment = { ...measure.env, ...redis?.environmentOf(i) };
      servers.push(await startPeer(spec, { nodeFlags: job.nodeFlags, environment }));
      running.push(servers.at(-1));
    }
    await sleep(settledMs);
    const ports = servers.map(({ port }) => port).join(",");
    const generator = startGenerator(measure, loadOptions(spec, measure, ports));
    running.push(...generator.processes);
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
  return { ports, dialect: spec.dialect, ways: spec.ways.join(","), mode: measure.mode, ...path, ...measure.load };
}

function startGenerator({ generators }, options) {
  return generators === undefined ? new LoadGenerator(options) : new LoadGenerators(options, generators);
}

async function followPhases(round) {
  const { servers, redis, generator, measure } = round;
  const phases = new Map();
  for (let phase = await generator.nextPhase(); phase !== undefined; phase = await generator.nextPhase()) {
    const record = { ...phase, server: sampleAll(servers), generator: sampleAll(generator.processes) };
    if (redis !== undefined) record.redis = await redis.sample();
    phases.set(phase.of === undefined ? phase.phase : `${phase.phase} ${phase.of}`, record);
    if (measure.restMs !== undefined) await rest(record, round);
    if (phase.phase === "warmed") startProbe(round);
    generator.goOn();
  }
  return phases;
}

// Memory is read when everything is quiet, as it stands and after a collection. One that is asked for leaves little room for
// what is new, which makes what follows dearer: a measure of CPU time alone does without.
async function rest(record, { servers, redis, measure }) {
  const { restMs, isCollected = true } = measure;
  if (record.phase !== "start") {
    await sleep(restMs);
    record.rested = sampleAll(servers);
  }
  if (isCollected) {
    const heaps = await Promise.all(servers.map(collected));
    record.heapBytes = heaps.reduce((sum, bytes) => sum + bytes, 0);
    await sleep(collectionMs);
  }
  record.collected = sampleAll(servers);
  if (record.phase === "start") record.server = record.collected;
  if (redis !== undefined) record.redisRested = await redis.sample();
}

// Lets a server collect its garbage. It says how large its heap is when it has.
async function collected(server) {
  server.heapBytes = undefined;
  server.kill("SIGUSR2");
  const deadlineMs = performance.now() + longestCollectionMs;
  while (server.heapBytes === undefined) {
    if (performance.now() > deadlineMs) throw new Error(`A server collected nothing in ${longestCollectionMs} ms.`);
    await sleep(20);
  }
  return server.heapBytes;
}

function startProbe({ probe, servers: [server], running }) {
  if (probe === undefined) return;
  const child = start("/bin/sh", ["-c", `exec ${probe.replaceAll("PID", String(server.pid))}`]);
  child.stdout.pipe(process.stderr);
  running.push(child);
}
