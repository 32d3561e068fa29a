import { SolentError } from "@solent/core/errors";
import { describe, expect, test } from "vitest";
import { Lane } from "./lane.ts";
import type { Attempt, Publication } from "./publication.ts";

const done = (receivers: number): Attempt => ({ outcome: "done", receivers });
const retry: Attempt = { outcome: "retry", cause: "wait" };

/** A lane, what was put into it, and what became of each by its id. */
function makeLane() {
  const results: Record<string, string> = {};
  let settled = 0;
  const lane = new Lane(0, () => (settled += 1));
  const put = (id: string, name = "room", dueAtMs = 1000): Publication => {
    const publication: Publication = {
      ...{ name, partition: 0, bytes: Buffer.from(id), id, volatile: false, dueAtMs },
      resolve: ({ receivers }) => (results[id] = receivers === undefined ? "accepted" : `reached ${receivers}`),
      reject: (error) => (results[id] = SolentError.is(error) ? error.code : error.message),
    };
    lane.waiting.push(publication);
    return publication;
  };
  return { lane, put, results, settled: () => settled };
}

describe("a lane", () => {
  test("tells each message how many it reached", () => {
    const { lane, put, results } = makeLane();
    const [a, b] = [put("a"), put("b")];
    lane.take(2);
    lane.landed(a, done(1));
    lane.landed(b, done(2));
    expect(results).toEqual({ a: "reached 1", b: "reached 2" });
    expect(lane.isFlying).toBe(false);
  });

  test("holds everything back until all answers are in, and then tries again in the old order", () => {
    const { lane, put } = makeLane();
    const [a, b] = [put("a"), put("b")];
    lane.server = "one";
    lane.take(2);
    const c = put("c");
    lane.landed(a, retry);
    expect(lane.canFly("one", 0)).toBe(false);
    lane.landed(b, retry);
    expect(lane.canFly("one", 0)).toBe(true);
    expect(lane.take(3)).toEqual([a, b, c]);
  });

  test("gives up a message when a later one of its group was accepted before it, and no other group's", () => {
    const { lane, put, results } = makeLane();
    const [a, other, b] = [put("a"), put("other", "hall"), put("b")];
    lane.take(3);
    lane.landed(a, retry);
    lane.landed(other, retry);
    lane.landed(b, done(1));
    expect(results).toEqual({ a: "LAYER_UNAVAILABLE", b: "reached 1" });
    expect(lane.waiting).toEqual([other]);
  });

  test("is in flight at one server at a time, and not before its time", () => {
    const { lane, put } = makeLane();
    put("a");
    put("b");
    expect(lane.canFly("one", 0)).toBe(true);
    lane.server = "one";
    const [a] = lane.take(1);
    expect([lane.canFly("one", 0), lane.canFly("two", 0)]).toEqual([true, false]);
    lane.landed(a!, done(1));
    expect(lane.canFly("two", 0)).toBe(true);
    lane.notBeforeMs = 50;
    expect([lane.canFly("two", 49), lane.canFly("two", 50)]).toEqual([false, true]);
  });

  test("calls a message without an answer uncertain", () => {
    const { lane, put, results, settled } = makeLane();
    const [a, b] = [put("a"), put("b")];
    lane.take(2);
    lane.landed(a, { outcome: "uncertain" });
    lane.landed(b, { outcome: "refused", message: "NOPERM" });
    expect(results).toEqual({ a: "LAYER_UNCERTAIN", b: "LAYER_UNAVAILABLE" });
    expect(settled()).toBe(2);
  });

  test("tries a message without an answer again where its group remembers it, in the old order, and is not sure in vain", () => {
    const { lane, put, results } = makeLane();
    const keep = { messages: 10, ageMs: 1000 };
    const [a, b, c] = ["a", "b", "c"].map((id) => Object.assign(put(id), { keep, writtenIn: "c0ffee" }));
    lane.take(2);
    lane.landed(a!, { outcome: "uncertain" });
    lane.landed(b!, { outcome: "uncertain" });
    expect(lane.take(3)).toEqual([a, b, c]);
    expect([a!.againIn, b!.againIn, c!.againIn]).toEqual(["c0ffee", "c0ffee", undefined]);
    lane.landed(a!, { outcome: "done", receivers: undefined });
    lane.landed(b!, { outcome: "retry", cause: "wait" });
    lane.landed(c!, { outcome: "retry", cause: "wait" });
    lane.expire(Infinity, new SolentError("LAYER_UNAVAILABLE", { cause: "late" }));
    expect(results).toEqual({ a: "accepted", b: "LAYER_UNCERTAIN", c: "LAYER_UNAVAILABLE" });
  });

  test("gives up what was not written in time, and nothing that was written", () => {
    const { lane, put, results } = makeLane();
    const a = put("a", "room", 10);
    put("b", "room", 10);
    put("c", "room", 20);
    lane.take(1);
    lane.expire(10, new SolentError("LAYER_UNAVAILABLE", { cause: "late" }));
    expect(results).toEqual({ b: "LAYER_UNAVAILABLE" });
    lane.landed(a, done(1));
    lane.expire(Infinity, new SolentError("LAYER_CLOSED"));
    expect(results).toEqual({ a: "reached 1", b: "LAYER_UNAVAILABLE", c: "LAYER_CLOSED" });
  });
});
