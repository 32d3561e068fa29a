// Turns the phases of one round into figures. Names carry their units.

/** @param {Map<string, object>} phases what the load generator said, with a sample of the server at each of its ends */
export function figuresOf(measure, phases) {
  const { mode, nodes } = measure;
  if (mode === "idle") return phases.has("connected first") ? slopeFigures(phases) : idleFigures(phases);
  if (mode === "beats") return beatFigures(phases, measure);
  if (mode === "accept") return acceptFigures(phases);
  if (mode === "bulk") return bulkFigures(phases, measure.load);
  if (mode === "crowd") return crowdFigures(phases);
  return { ...trafficFigures(phases, "done"), ...(nodes !== undefined && redisFigures(phases, measure)) };
}

// What a message costs in Redis. The payload is the event as JSON, its type and its fields: all else is the layer's.
function redisFigures(phases, { nodes, primaries = 1, load: { payload = 100, rate } }) {
  const { redis: from } = phases.get("warmed done");
  const { redis: to, messages, wall } = phases.get("done");
  // From the end of one sample to the beginning of the other: what the samples themselves cost is not in it.
  const perMessage = (name) => (to.before[name] - from.after[name]) / messages;
  const payloadBytes = payload + '"type":"chat.message",'.length;
  // At the rate that was asked for: the last messages may take a while, and would make it slower.
  const kbPerSecond = (name, sharers) => (perMessage(name) * (rate ?? messages / wall)) / sharers / 1000;
  return {
    redisUsPerMessage: used(from.after, to.before).cpu / messages,
    redisCommandsPerMessage: (to.commands - from.commands) / messages,
    redisInPerMessage: perMessage("in"),
    redisOutPerMessage: perMessage("out"),
    channelBytes: to.channelBytes,
    redisInBeyondTwoNames: perMessage("in") - payloadBytes - 2 * to.channelBytes,
    redisOutBeyondName: perMessage("out") / nodes - payloadBytes - to.channelBytes,
    nodeInKbPerSecond: kbPerSecond("out", nodes),
    nodeOutKbPerSecond: kbPerSecond("in", nodes),
    primaryKbPerSecond: kbPerSecond("in", primaries) + kbPerSecond("out", primaries),
    busMessagesPerMessage: (to.busMessages - from.busMessages) / messages,
  };
}

/** What twice the nodes, and then twice of everything, change: of three steps. */
export function figuresOfSteps([alone, twiceNodes, twiceAll]) {
  const steps = [alone, twiceNodes, twiceAll];
  return {
    ...twiceAll,
    isExact: steps.every(({ isExact }) => isExact),
    lost: steps.reduce((sum, { lost }) => sum + lost, 0),
    nodeInKb: alone.nodeInKbPerSecond,
    primaryKb: alone.primaryKbPerSecond,
    nodeInKbTwiceNodes: twiceNodes.nodeInKbPerSecond,
    nodeInKbTwiceAll: twiceAll.nodeInKbPerSecond,
    nodeBytesTwiceNodes: nodeBytes(twiceNodes) / nodeBytes(alone),
    nodeBytesTwiceAll: nodeBytes(twiceAll) / nodeBytes(alone),
    primaryBytesTwiceAll: twiceAll.primaryKbPerSecond / alone.primaryKbPerSecond,
    steps,
  };
}

function nodeBytes({ nodeInKbPerSecond, nodeOutKbPerSecond }) {
  return nodeInKbPerSecond + nodeOutKbPerSecond;
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
    // How many share a write: the generator is seldom so late that it reads several writes at once.
    deliveriesPerRead: count / to.reads,
    ...(to.answers > 0 && { deliveriesPerAnswer: count / to.answers, cpuUsPerAnswer: cpu.cpu / to.answers }),
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
    otherGroups: phases.get("joined 1").memberships,
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

// Of those between two sizes: what a process holds that has any connections at all is in neither.
function slopeFigures(phases) {
  const from = phases.get("connected first");
  const to = phases.get("connected");
  const more = to.connections - from.connections;
  return {
    isExact: true,
    connections: to.connections,
    bytesPerConnection: ((to.collected.rssKb - from.collected.rssKb) * 1024) / more,
    heapBytesPerConnection: (to.heapBytes - from.heapBytes) / more,
    connectUs: used(from.collected, to.server).cpu / more,
  };
}

function beatFigures(phases, { env: { HEARTBEAT_MS } }) {
  const { server: from, connections } = phases.get("connected");
  const { server: to, wall, closed_early: lost } = phases.get("done");
  const beats = (connections * wall * 1000) / HEARTBEAT_MS;
  const cpu = used(from, to);
  return {
    isExact: lost === 0,
    cpuUsPerBeat: cpu.cpu / beats,
    userUsPerBeat: cpu.user / beats,
    sysUsPerBeat: cpu.sys / beats,
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

// Its first passes are what it takes until all code is compiled; where there are no more, they are what is measured.
const coldPasses = 3;

function bulkFigures(phases, { passes: count = 1 }) {
  const { collected: before } = phases.get("connected");
  const passes = Array.from({ length: count }, (_, i) => bulkPass(phases, i + 1));
  const [cold] = passes;
  const measured = count > coldPasses ? passes.slice(coldPasses) : passes;
  const mean = (name) => measured.reduce((sum, pass) => sum + pass[name], 0) / measured.length;
  const { after, memberships } = passes.at(-1);
  return {
    isExact: true,
    memberships,
    coldJoinUs: cold.joinUs,
    joinUs: mean("joinUs"),
    leaveUs: mean("leaveUs"),
    redisUsPerJoin: mean("redisUsPerJoin"),
    bytesPerMembership: ((cold.full.rssKb - before.rssKb) * 1024) / memberships,
    bytesLeftOver: ((after.rssKb - before.rssKb) * 1024) / memberships,
  };
}

function bulkPass(phases, pass) {
  const before = phases.get(pass === 1 ? "connected" : `left ${pass - 1}`);
  const joined = phases.get(`joined ${pass}`);
  const left = phases.get(`left ${pass}`);
  const { memberships } = joined;
  return {
    memberships,
    joinUs: used(before.collected, joined.server).cpu / memberships,
    leaveUs: used(joined.collected, left.server).cpu / memberships,
    redisUsPerJoin: joined.redis && used(before.redisRested.after, joined.redis.before).cpu / memberships,
    full: joined.collected,
    after: left.collected,
  };
}
