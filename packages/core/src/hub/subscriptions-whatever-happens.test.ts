import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { makeNodes, type Node, say, watchCommands } from "../../test/two-nodes.ts";
import type { Seat } from "../layer/channel-layer.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { Recorder } from "../testing/layer-conformance-case.ts";
import { decodeEvent } from "./wire-event.ts";

type Action =
  | { readonly do: "join" | "leave"; readonly seat: number; readonly group: number }
  | { readonly do: "publish"; readonly node: number; readonly group: number }
  | { readonly do: "disconnect" | "reconnect"; readonly node: number }
  | { readonly do: "repeat" | "lose" }
  | { readonly do: "travel"; readonly steps: number };

const seat = fc.nat(3);
// Nobody stays in the third: it is left and joined altogether.
const group = fc.nat(2);
const node = fc.nat(1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave" as const), seat, group }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("publish" as const), node, group }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("disconnect" as const, "reconnect" as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("repeat" as const, "lose" as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("travel" as const), steps: fc.nat(8) }) },
);

interface Member {
  readonly recorder: Recorder;
  readonly seat: Seat;
  readonly strays: string[];
}

function attach({ layer }: Node): Member {
  const strays: string[] = [];
  const recorder: Recorder = new Recorder(({ meta }) => {
    const isMember = meta.group !== undefined && [...own.groups].includes(meta.group);
    if (!isMember) strays.push(`${meta.group}`);
  });
  const own = layer.attach(recorder);
  return { recorder, seat: own, strays };
}

// What the network published to a group, in its order, each event once.
function publishedTo(network: InProcessNetwork, group: string): unknown[] {
  const all = network.publishedTo(group).map(({ bytes }) => {
    const event = decodeEvent(bytes);
    return typeof event === "string" ? event : event.data["n"];
  });
  return [...new Set(all)];
}

// Walks what a member got of one group along what was published: in order, once, and a notice wherever some are missing.
function checkStayer(recorder: Recorder, group: string, published: readonly unknown[]): void {
  let at = 0;
  let isGapTold = false;
  for (const { meta, data } of recorder.messages) {
    if (meta.group !== group) continue;
    if (meta.type === "group.gap") {
      isGapTold = true;
      continue;
    }
    const place = published.indexOf(data["n"], at);
    expect(place, `event ${String(data["n"])} comes once and in order`).toBeGreaterThanOrEqual(at);
    if (place > at) expect(isGapTold, `the hole before ${String(data["n"])} is told`).toBe(true);
    at = place + 1;
    isGapTold = false;
  }
  expect(at, "the last event has arrived").toBe(published.length);
}

describe("Subscriptions, whatever happens", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([true, false])(
    "end right and lose nothing in silence (positions: %s)",
    { timeout: 30_000 },
    async (offsets) => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
          const network = new InProcessNetwork();
          const nodes = await makeNodes(network, { lingerMs: 0, broker: { offsets, receivers: offsets } });
          const watches = nodes.map(({ broker }) => watchCommands(broker));
          const stayers = nodes.map(attach);
          const movers = [0, 1, 0, 1].map((i) => attach(nodes[i === 0 ? 0 : 1]));
          await Promise.all(stayers.flatMap((member) => [member.seat.join("room.0"), member.seat.join("room.1")]));
          await network.settled();
          network.hold();
          let n = 0;
          const perform = (next: Action): void => {
            if (next.do === "join") void movers[next.seat]?.seat.join(`room.${next.group}`).catch(() => undefined);
            else if (next.do === "leave") void movers[next.seat]?.seat.leave(`room.${next.group}`);
            else if (next.do === "publish") {
              void nodes[next.node]?.layer.groupSend(`room.${next.group}`, say((n += 1))).catch(() => undefined);
            } else if (next.do === "disconnect") nodes[next.node]?.broker.disconnect();
            else if (next.do === "reconnect") nodes[next.node]?.broker.reconnect();
            else if (next.do === "repeat") network.publishNextTimes(2);
            else if (next.do === "travel") network.release(next.steps);
            // Without positions a single event that gets lost on a healthy connection cannot be known to be.
            else if (offsets) network.loseWhere(() => (network.loseWhere(undefined), true));
          };
          for (const next of actions) {
            perform(next);
            // What happens between two journeys happens in one turn.
            if (next.do === "travel") await Promise.resolve();
          }
          network.loseWhere(undefined);
          network.publishNextTimes(1);
          network.release();
          for (const { broker } of nodes) broker.reconnect();
          await network.settled();
          for (const name of ["room.0", "room.1", "room.2"]) {
            await nodes[0].layer.groupSend(name, say("last"));
            await network.settled();
            const published = publishedTo(network, name);
            if (name !== "room.2") for (const { recorder } of stayers) checkStayer(recorder, name, published);
            for (const { recorder, seat: own } of movers) {
              const got = recorder.messages.filter(({ meta }) => meta.group === name && meta.type !== "group.gap");
              expect(new Set(got.map(({ data }) => data["n"])).size).toBe(got.length);
              const hasLast = got.at(-1)?.data["n"] === "last";
              expect(hasLast).toBe([...own.groups].includes(name));
            }
          }
          expect([...stayers, ...movers].flatMap((member) => member.strays)).toEqual([]);
          expect(watches.flatMap((watch) => watch.overlaps)).toEqual([]);
          for (const { layer } of nodes) await layer.close();
          expect(vi.getTimerCount()).toBe(0);
        }),
        { numRuns: 100 },
      );
    },
  );
});
