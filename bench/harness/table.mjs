// The tables that a run prints.

function median(values) {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const columns = {
  traffic: [
    "deliveriesPerSecond",
    "cpuUsPerDelivery",
    "userUsPerDelivery",
    "sysUsPerDelivery",
    "cpuUsPerMessage",
    "serverBusy",
    "generatorBusy",
  ],
  paced: ["messagesPerSecond", "p50Ms", "p99Ms", "cpuUsPerDelivery", "serverBusy"],
  slope: ["bytesPerConnection", "heapBytesPerConnection", "connectUs"],
  beats: ["cpuUsPerBeat", "userUsPerBeat", "sysUsPerBeat"],
  idle: ["kbPerConnection", "kbPerConnectionUncollected", "baseMb", "connectUs"],
  accept: ["handshakesPerSecond", "cpuUsPerHandshake", "userUsPerHandshake", "sysUsPerHandshake"],
  bulk: ["joinUs", "leaveUs", "bytesPerMembership", "bytesLeftOver"],
  crowd: ["otherGroups", "aloneUsPerDelivery", "cpuUsPerDelivery", "crowdedToAlone"],
};

const stepColumns = [
  "nodeInKb",
  "nodeInKbTwiceNodes",
  "nodeInKbTwiceAll",
  "primaryKb",
  "nodeBytesTwiceNodes",
  "nodeBytesTwiceAll",
  "primaryBytesTwiceAll",
  "busMessagesPerMessage",
];
const wayColumns = ["deliveriesPerRead", "bytesPerDelivery", "deliveriesPerAnswer", "cpuUsPerAnswer"];
const redisBulkColumns = ["joinUs", "coldJoinUs", "redisUsPerJoin"];

const redisColumns = [
  "redisUsPerMessage",
  "redisCommandsPerMessage",
  "redisInPerMessage",
  "redisOutPerMessage",
  "channelBytes",
];

/** The figures of one measure, peer by peer: medians over the rounds, and the cost beside the first peer's. */
export function figureTable(measure, results) {
  const names = columnsOf(measure);
  const reference = measure.peers[0];
  const head = ["peer", ...names, `${measure.cost} / ${reference}`, "exact"];
  const rows = measure.peers.map((peer) => {
    const rounds = results.filter((result) => result.peer === peer);
    const figures = names.map((name) => shown(median(rounds.map((round) => round[name]))));
    const ratio = ratioOf(results, { peer, to: reference, figure: measure.cost });
    return [peer, ...figures, peer === reference ? "1.00" : ratioText(ratio), exactness(rounds)];
  });
  return markdown([head, ...rows]);
}

function columnsOf({ mode, nodes, steps, load, isOverHttp }) {
  if (mode === "idle" && load.first !== undefined) return columns.slope;
  if (isOverHttp) return [...columns[mode], ...wayColumns];
  if (steps !== undefined) return stepColumns;
  if (nodes === undefined) return columns[mode];
  return mode === "bulk" ? redisBulkColumns : [...columns[mode], ...redisColumns];
}

/** Every goal of the measures that ran. */
export function goalTable(runs) {
  const rows = runs.flatMap(({ measure, results }) => measure.goals.map((goal) => goalRow(measure, results, goal)));
  const known = rows.filter((row) => row !== undefined);
  if (known.length === 0) return { text: "", isMet: true };
  const text = markdown([["measure", "figure", "measured", "goal", "met"], ...known.map(({ cells }) => cells)]);
  return { text, isMet: known.every(({ isMet }) => isMet) };
}

function goalRow(measure, results, goal) {
  const figure = goal.figure ?? measure.cost;
  const ratio = ratioOf(results, { ...goal, figure });
  if (Number.isNaN(ratio.median)) return undefined;
  const isMet = goal.atMost === undefined ? ratio.median >= goal.atLeast : ratio.median <= goal.atMost;
  const what = goal.to === undefined ? `${figure} of ${goal.peer}` : `${figure}: ${goal.peer} / ${goal.to}`;
  const bound = goal.atMost === undefined ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
  return { isMet, cells: [measure.title, what, ratioText(ratio), bound, isMet ? "yes" : "NO"] };
}

// Taken round by round, so that a drift of the machine falls on both sides and cancels out.
function ratioOf(results, { peer, to, figure }) {
  const values = results
    .filter((result) => result.peer === peer)
    .map((result) => {
      if (to === undefined) return result[figure];
      return result[figure] / results.find((other) => other.peer === to && other.round === result.round)?.[figure];
    })
    .filter(Number.isFinite);
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), rounds: values.length };
}

function ratioText(ratio) {
  if (Number.isNaN(ratio.median)) return "-";
  const range = ratio.rounds > 1 ? ` (${shown(ratio.least)}..${shown(ratio.most)})` : "";
  return shown(ratio.median) + range;
}

function exactness(rounds) {
  const failed = rounds.find((round) => round.error !== undefined || !round.isExact);
  if (failed === undefined) return "yes";
  return (failed.error ?? `lost ${failed.lost}`).replaceAll("|", "/").slice(0, 90);
}

function shown(value) {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return value.toFixed(Math.abs(value) >= 0.1 || value === 0 ? 2 : 3);
}

function markdown(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join("\n");
}
