// What can be measured, between whom, and what must come out of it.
//
// A goal compares a figure of `peer` with the same figure of `to`, round by round, and its median ratio must be at most
// `atMost` (or at least `atLeast`). Without `to` the figure itself is meant.

const overRedis = ["ws-redis", "socketio-redis", "socketio-sharded", "solent-redis"];

// Bytes beyond the payload: so many, and the name so many times, as the issue that asked for it counts them.
const redisGoals = [
  { peer: "solent-redis", figure: "redisCommandsPerMessage", atMost: 1 },
  { peer: "solent-redis", figure: "redisInBeyondTwoNames", atMost: 110 },
  { peer: "solent-redis", figure: "redisOutBeyondName", atMost: 70 },
];
const roomOverRedisGoals = [
  { peer: "solent-redis", to: "ws-redis", atMost: 0.35 },
  { peer: "socketio-redis", to: "solent-redis", atLeast: 4 },
  { peer: "socketio-sharded", to: "solent-redis", atLeast: 4 },
  ...redisGoals,
];

// Who talks all the time over HTTP has a connection for it that is kept alive (`talks`); who says little opens one each time.
// One server, and members that come to it in different ways: what is behind the slash.
const ways = ["solent", "solent/sse", "solent/stream", "solent/poll"];
const mixedWays = [...ways, "solent/websocket+sse", "solent/websocket+stream"];

const wayGoals = ["solent/sse", "solent/stream"].map((peer) => ({ peer, to: "solent", atMost: 1.3 }));

/** Measures that are asked for by one name. */
export const sets = {
  transports: ["wayRoom", "wayQuiet", "wayPaced", "waySmall", "wayPairs", "wayAccept", "wayIdle", "wayBeats"],
};

/** Load generator options and defaults of every measure. */
export const measures = {
  room: {
    title: "One room of 1000, 16 messages in flight",
    mode: "traffic",
    load: { members: 1000, window: 16 },
    cost: "cpuUsPerDelivery",
    peers: ["ws-naive", "ws-tick", "socketio", "solent", "solent-forward", "solent-raw"],
    goals: [
      { peer: "solent", to: "ws-naive", atMost: 0.22 },
      { peer: "socketio", to: "solent", atLeast: 6 },
      { peer: "solent-forward", to: "ws-naive", atMost: 0.15 },
    ],
  },
  quiet: {
    title: "One room of 1000, 1 message in flight",
    mode: "traffic",
    load: { members: 1000, window: 1 },
    cost: "cpuUsPerDelivery",
    peers: ["ws-naive", "ws-frame-once", "socketio", "solent", "solent-forward"],
    goals: [{ peer: "solent", to: "ws-naive", atMost: 0.95 }],
  },
  hall: {
    title: "One room of 5000, 4 messages in flight",
    mode: "traffic",
    load: { members: 5000, window: 4 },
    cost: "cpuUsPerDelivery",
    peers: ["ws-naive", "ws-tick", "socketio", "solent", "solent-forward"],
    goals: [{ peer: "solent", to: "ws-naive", atMost: 0.45 }],
  },
  pairs: {
    title: "1000 pairs, 256 messages in flight over all",
    mode: "traffic",
    load: { groups: 1000, members: 2, window: 256 },
    cost: "cpuUsPerMessage",
    peers: ["ws-naive", "ws-tick", "socketio", "solent", "solent-forward"],
    goals: [
      { peer: "solent", to: "ws-naive", atMost: 1 },
      { peer: "solent", to: "socketio", atMost: 0.75 },
    ],
  },
  paced: {
    title: "400 messages/s into one room of 1000, on a fixed schedule",
    mode: "paced",
    load: { members: 1000, rate: 400 },
    cost: "p99Ms",
    peers: ["ws-naive", "socketio", "solent", "solent-forward"],
    goals: [{ peer: "solent", atMost: 50 }],
  },
  idle: {
    title: "10,000 idle connections in one room",
    mode: "idle",
    load: { members: 10_000, "connect-window": 32 },
    restMs: 3_000,
    cost: "kbPerConnection",
    peers: ["ws-naive", "socketio", "solent"],
    goals: [{ peer: "solent", to: "ws-naive", atMost: 1.5 }],
  },
  accept: {
    title: "Connect, join, close: 32 connections at a time, again and again",
    mode: "accept",
    load: { window: 32 },
    cost: "cpuUsPerHandshake",
    peers: ["ws-naive", "socketio", "solent"],
    goals: [{ peer: "solent", to: "ws-naive", atMost: 1.4 }],
  },
  groups: {
    title: "100 connections join 1000 groups of their own each, and leave them",
    mode: "bulk",
    load: { groups: 100, members: 1, bulk: 1000, window: 1 },
    restMs: 300,
    cost: "joinUs",
    peers: ["ws-naive", "socketio", "solent"],
    goals: [
      { peer: "solent", to: "ws-naive", atMost: 2 },
      { peer: "solent", to: "ws-naive", figure: "leaveUs", atMost: 2 },
      { peer: "solent", figure: "bytesPerMembership", atMost: 500 },
    ],
  },
  nodes2: {
    title: "One room of 1000 over 2 nodes and Redis, 16 messages in flight",
    mode: "traffic",
    nodes: 2,
    load: { members: 1000, window: 16 },
    cost: "cpuUsPerDelivery",
    peers: overRedis,
    goals: roomOverRedisGoals,
  },
  nodes4: {
    title: "One room of 1000 over 4 nodes and Redis, 16 messages in flight",
    mode: "traffic",
    nodes: 4,
    load: { members: 1000, window: 16 },
    cost: "cpuUsPerDelivery",
    peers: overRedis,
    goals: roomOverRedisGoals,
  },
  nodePairs: {
    title: "1000 pairs over 2 nodes and Redis, 256 messages in flight over all",
    mode: "traffic",
    nodes: 2,
    load: { groups: 1000, members: 2, window: 256 },
    cost: "cpuUsPerMessage",
    peers: overRedis,
    goals: [{ peer: "solent-redis", to: "ws-redis", atMost: 1 }],
  },
  clusterGroups: {
    title: "10,000 pairs over nodes and a Redis Cluster: as it is, twice the nodes, twice of everything",
    mode: "paced",
    nodes: 2,
    primaries: 3,
    load: { groups: 10_000, members: 2, rate: 500, random: 1 },
    generators: 2,
    steps: [{ times: 1 }, { nodes: 4, times: 1 }, { nodes: 4, primaries: 6, times: 2 }],
    cost: "nodeBytesTwiceAll",
    peers: ["solent-redis"],
    goals: [
      { peer: "solent-redis", figure: "nodeBytesTwiceNodes", atMost: 1 },
      { peer: "solent-redis", figure: "nodeBytesTwiceAll", atMost: 1.02 },
      { peer: "solent-redis", figure: "primaryBytesTwiceAll", atMost: 1.02 },
      { peer: "solent-redis", figure: "busMessagesPerMessage", atMost: 0 },
    ],
  },
  joins: {
    title: "10,000 joins of groups of their own over Redis, 1000 a turn, warm",
    mode: "bulk",
    nodes: 1,
    load: { groups: 10, members: 1, bulk: 1000, window: 1, passes: 8 },
    // Longer than a subscription outlives its last member: the next pass finds none of them.
    restMs: 1_500,
    isCollected: false,
    cost: "joinUs",
    peers: ["solent-redis"],
    goals: [{ peer: "solent-redis", atMost: 10 }],
  },
  wayRoom: {
    title: "Transports: one room of 1000, 16 messages in flight",
    mode: "traffic",
    isOverHttp: true,
    load: { members: 1000, window: 16, talks: 1 },
    cost: "cpuUsPerDelivery",
    peers: mixedWays,
    goals: wayGoals,
  },
  wayQuiet: {
    title: "Transports: one room of 1000, 1 message in flight",
    mode: "traffic",
    isOverHttp: true,
    load: { members: 1000, window: 1 },
    cost: "cpuUsPerDelivery",
    peers: mixedWays,
    goals: wayGoals,
  },
  wayPaced: {
    title: "Transports: 10 messages/s into one room of 1000, on a fixed schedule",
    mode: "paced",
    isOverHttp: true,
    load: { members: 1000, rate: 10 },
    seconds: 6,
    cost: "cpuUsPerDelivery",
    peers: ways,
    goals: wayGoals,
  },
  waySmall: {
    title: "Transports: 1000 messages/s into one room of 100, on a fixed schedule",
    mode: "paced",
    isOverHttp: true,
    load: { members: 100, rate: 1000, talks: 1 },
    cost: "cpuUsPerDelivery",
    peers: ways,
    goals: [],
  },
  wayPairs: {
    title: "Transports: 1000 pairs, 256 messages in flight over all",
    mode: "traffic",
    isOverHttp: true,
    load: { groups: 1000, members: 2, window: 256, talks: 1 },
    cost: "cpuUsPerMessage",
    peers: ways,
    goals: [],
  },
  wayAccept: {
    title: "Transports: connect, join, close: 32 connections at a time, again and again",
    mode: "accept",
    load: { window: 32 },
    cost: "cpuUsPerHandshake",
    peers: ways,
    goals: [],
  },
  wayIdle: {
    title: "Transports: idle connections, what 5000 hold beyond 2000",
    mode: "idle",
    load: { members: 5000, first: 2000, "connect-window": 32 },
    restMs: 3_000,
    cost: "bytesPerConnection",
    peers: ways,
    goals: [],
  },
  wayBeats: {
    title: "Transports: 5000 idle connections, a sign of life from each every 6 s",
    mode: "beats",
    // Longer than Node keeps an idle HTTP connection: the answer to a ping comes on a new one, as at the usual 25 s.
    env: { HEARTBEAT_MS: "6000" },
    load: { members: 5000 },
    seconds: 12,
    cost: "cpuUsPerBeat",
    peers: ways,
    goals: [],
  },
  crowd: {
    title: "One room of 1000, without and with 100,000 other groups, in one process",
    mode: "crowd",
    load: { members: 1000, window: 16, crowd: 100, bulk: 1000 },
    cost: "crowdedToAlone",
    peers: ["ws-naive", "solent"],
    goals: [{ peer: "solent", atMost: 1.1 }],
  },
};

/** How many connections one process of a measure has at most. */
export function connectionsOf({ mode, load, generators = 1 }) {
  return mode === "accept" ? load.window : ((load.groups ?? 1) * load.members) / generators + (load.crowd ?? 0);
}
