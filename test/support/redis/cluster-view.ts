import type { RedisProcess } from "./redis-process.ts";

/** A node of a Cluster as another (or it itself) sees it. */
export interface ClusterNode {
  readonly id: string;
  readonly port: number;
  /** Of a replica; undefined for a primary. */
  readonly primaryId: string | undefined;
  /** Neither down, nor thought to be, nor only just met. */
  readonly isWell: boolean;
  /** "0-5460", without slots on their way. */
  readonly ranges: readonly string[];
}

/** What one node says of its Cluster. */
export interface ClusterView {
  readonly myId: string;
  readonly me: ClusterNode;
  readonly isOk: boolean;
  readonly nodes: readonly ClusterNode[];
}

/** Asks a node what it sees (CLUSTER NODES and CLUSTER INFO). */
export async function clusterView({ control }: RedisProcess): Promise<ClusterView> {
  const [list, info] = await Promise.all([control.cluster("NODES"), control.cluster("INFO")]);
  const lines = String(list).trim().split("\n");
  const me = nodeOf(lines.find((line) => line.includes("myself"))!);
  return { myId: me.id, me, isOk: String(info).includes("cluster_state:ok"), nodes: lines.map(nodeOf) };
}

function nodeOf(line: string): ClusterNode {
  const [id = "", address = "", flags = "", primaryId = "-", , , , link, ...slots] = line.split(" ");
  const [, port] = /:(\d+)@/.exec(address) ?? [];
  const isKnown = !/fail|handshake|noaddr/.test(flags) && (link === "connected" || flags.includes("myself"));
  return {
    id,
    port: Number(port),
    primaryId: primaryId === "-" ? undefined : primaryId,
    isWell: isKnown,
    ranges: slots.filter((slot) => !slot.startsWith("[")),
  };
}

/** The node that all of these say has a slot, itself included; undefined while they do not agree. */
export async function agreedOwner(nodes: readonly RedisProcess[], slot: number): Promise<RedisProcess | undefined> {
  const views = await Promise.all(nodes.map(clusterView));
  const ports = new Set(views.map((view) => view.nodes.find(({ ranges }) => ranges.some(holds(slot)))?.port));
  const owner = nodes.find(({ port }) => ports.has(port));
  return ports.size === 1 ? owner : undefined;
}

const holds = (slot: number) => (range: string) => {
  const [first, last = first] = range.split("-").map(Number);
  return first! <= slot && slot <= last!;
};

/** Whether all of these find the Cluster well, agree who has what, and every replica is linked to a primary among them. */
export async function isSettled(nodes: readonly RedisProcess[]): Promise<boolean> {
  const views = await Promise.all(nodes.map(clusterView));
  const [first] = views;
  const ports = new Set(nodes.map(({ port }) => port));
  const agree = views.every((view) => {
    const present = view.nodes.filter(({ port }) => ports.has(port));
    const isWhole = present.length === nodes.length && present.every(({ isWell }) => isWell);
    return view.isOk && isWhole && owners(view) === owners(first!);
  });
  if (!agree) return false;
  const primaries = new Set(views.filter(({ me }) => me.primaryId === undefined).map(({ myId }) => myId));
  for (const [at, { me }] of views.entries()) {
    if (me.primaryId === undefined) continue;
    const facts = await nodes[at]!.info("replication");
    if (!primaries.has(me.primaryId) || facts.get("master_link_status") !== "up") return false;
  }
  return true;
}

/** Who has what, as one text that can be compared. */
function owners({ nodes }: ClusterView): string {
  const lines = nodes.map(({ id, primaryId, ranges, isWell }) =>
    isWell ? `${id} ${primaryId} ${ranges.join(" ")}` : "",
  );
  return lines.toSorted().join("\n");
}
