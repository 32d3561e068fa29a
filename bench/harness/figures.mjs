// Turns the phases of one round into figures. Names carry their units.

/** @param {Map<string, object>} phases what the load generator said, with a sample of the server at each of its ends */
export function figuresOf(measure, phases) {
  const { mode, nodes } = measure;
  if (mode === "idle") return idleFigures(phases);
  if (mode === "accept") return acceptFigures(phases);
  if (mode === "bulk") return bulkFigures(phases);
  if (mode === "crowd") return crowdFigures(phases);
  return { ...trafficFigures(phases, "done"), ...(nodes !== undefined && redisFigures(phases, measure)) };
}

// What a message costs in Redis. The payload is the event as JSON, its type and its fields: all else is the layer's.
function redisFigures(phases, { nodes, load: { payload = 100 } }) {
  const { redis: from } = phases.get("warmed done");
  const { redis: to, messages } = phases.get("done");
  // From the end of one sample to the beginning of the other: what the samples themselves cost is not in it.
  const perMessage = (name) => (to.before[name] - from.after[name]) / messages;
  const payloadBytes = payload + '"type":"chat.message",'.length;
  return {
    redisUsPerMessage: used(from, to).cpu / messages,
    redisCommandsPerMessage: (to.commands - from.commands) / messages,
    redisInPerMessage: perMessage("in"),
    redisOutPerMessage: perMessage("out"),
    channelBytes: to.channelBytes,
    redisInBeyondTwoNames: perMessage("in") - payloadBytes - 2 * to.channelBytes,
    redisOutBeyondName: perMessage("out") / nodes - payloadBytes - to.channelBytes,
  };
}

function used(from, to) {
  return { cpu: to.user + to.sys - from.user - from.sys, user: to.user - from.user, sys: to.sys - from.sys };
}

function trafficFigures(phases, name) {
  const from = phases.get(`warmed ${name}`);
  const to = phases.get(name);
  const cpu = used(from.server, to.server);
  const generator = used(from.generator, to.generator);
  const count = to.delivered;
  return {
    isExact: isExact(to),
    lost: to.lost,
    deliveriesPerSecond: Math.round(count / to.wall),
    messagesPerSecond: Math.round(to.messages / to.wall),
    cpuUsPerDelivery: cpu.cpu / count,
    userUsPerDelivery: cpu.user / count,
    sysUsPerDelivery: cpu.sys / count,
    cpuUsPerMessage: cpu.cpu / to.messages,
    bytesPerDelivery: to.bytes_in / count,
    p50Ms: to.each_us.p50 / 1000,
    p99Ms: to.each_us.p99 / 1000,
    serverBusy: cpu.cpu / 1e6 / to.wall,
    generatorBusy: generator.cpu / 1e6 / to.wall,
  };
}

// Every connection got every message of its group exactly once, none of another's, and no connection was lost.
function isExact(done) {
  const faults = done.lost + done.bad_conns + done.stray + done.wrong_group + done.closed_early + done.sends_failed;
  return faults === 0 && done.delivered === done.expected;
}

function crowdFigures(phases) {
  const [alone, crowded, again] = ["alone", "crowded", "again"].map((name) => trafficFigures(phases, name));
  return {
    ...crowded,
    isExact: alone.isExact && crowded.isExact && again.isExact,
    aloneUsPerDelivery: (alone.cpuUsPerDelivery + again.cpuUsPerDelivery) / 2,
    otherGroups: phases.get("joined").memberships,
    crowdedToAlone: (2 * crowded.cpuUsPerDelivery) / (alone.cpuUsPerDelivery + again.cpuUsPerDelivery),
  };
}

function idleFigures(phases) {
  const start = phases.get("start");
  const { connections, wall, server, rested, collected } = phases.get("connected");
  const kbPer = (sample) => (sample.rssKb - start.server.rssKb) / connections;
  return {
    isExact: true,
    connections,
    kbPerConnection: kbPer(collected),
    kbPerConnectionUncollected: kbPer(rested),
    baseMb: start.server.rssKb / 1024,
    connectUs: used(start.server, server).cpu / connections,
    connectsPerSecond: Math.round(connections / wall),
    idleCpuUs: used(server, rested).cpu,
  };
}

function acceptFigures(phases) {
  const { server: from } = phases.get("warmed");
  const { server: to, handshakes, handshakes_all: all, closed_early: lost, wall } = phases.get("done");
  const cpu = used(from, to);
  return {
    isExact: lost === 0,
    handshakesPerSecond: Math.round(handshakes / wall),
    cpuUsPerHandshake: cpu.cpu / all,
    userUsPerHandshake: cpu.user / all,
    sysUsPerHandshake: cpu.sys / all,
  };
}

function bulkFigures(phases) {
  const { collected: before } = phases.get("connected");
  const { server: joined, collected: full, memberships: count } = phases.get("joined");
  const { server: left, collected: after } = phases.get("left");
  return {
    isExact: true,
    memberships: count,
    joinUs: used(before, joined).cpu / count,
    leaveUs: used(full, left).cpu / count,
    bytesPerMembership: ((full.rssKb - before.rssKb) * 1024) / count,
    bytesLeftOver: ((after.rssKb - before.rssKb) * 1024) / count,
  };
}
