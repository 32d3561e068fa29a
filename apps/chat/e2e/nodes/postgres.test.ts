import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgresServer } from "../../../../scripts/postgres-server.mjs";
import { cookieOf } from "../running-chat.ts";
import { RawSocket } from "../raw-socket.ts";
import { setStage } from "../stage.ts";
import { nodeNames, type RunningNodes } from "./running-nodes.ts";

const stage = setStage();

let postgres: Awaited<ReturnType<typeof startPostgresServer>>;
let nodes: RunningNodes;

beforeAll(async () => {
  postgres = await startPostgresServer();
  nodes = await stage.startNodes({ database: postgres.url });
}, 90_000);

afterAll(async () => {
  await nodes[Symbol.asyncDispose]();
  await postgres.stop();
});

/** Somebody in the lobby, on a node of their own. */
async function inLobby(name: string, node: string): Promise<RawSocket> {
  const where = { url: nodes.urlOf(node) };
  const cookie = await cookieOf(where, name);
  // The first page of somebody makes them a member of the lobby.
  await using site = await RawSocket.open(where, "/site", cookie);
  await site.next("welcome");
  const room = await RawSocket.open(where, "/rooms/lobby", cookie);
  await room.next("welcome");
  return room;
}

describe("three nodes on one Postgres", { timeout: 60_000 }, () => {
  test("store what is said on all of them at once, and tell it everywhere, in one order; a killed one leaves nobody", async () => {
    const [ann, bea, cem] = await Promise.all(nodeNames.map((node, at) => inLobby(`Person ${at}`, node)));
    if (ann === undefined || bea === undefined || cem === undefined) throw new Error("there are three nodes");
    await using _ann = ann;
    await using _bea = bea;
    await using _cem = cem;
    const say = async (person: RawSocket): Promise<void> => {
      for (let at = 0; at < 10; at++) {
        expect(await person.ask("say", { clientId: crypto.randomUUID(), text: `${at}` })).toHaveProperty("revision");
      }
    };
    await Promise.all([ann, bea, cem].map(say));
    const revisions = async (person: RawSocket): Promise<unknown[]> => {
      const heard = [];
      for (let at = 0; at < 30; at++) heard.push((await person.next("said")).data?.["revision"]);
      return heard;
    };
    const [first = [], ...others] = await Promise.all([ann, bea, cem].map(revisions));
    for (const other of others) expect(other).toEqual(first);
    expect(first.toSorted((one, other) => Number(one) - Number(other))).toEqual(
      Array.from({ length: 30 }, (_, at) => at + 1),
    );

    await nodes.kill("node-3");
    expect((await ann.next("left")).data).toEqual({ name: "Person 2" });
    expect((await bea.next("left")).data).toEqual({ name: "Person 2" });
  });
});
