import { expect, test } from "vitest";
import { Tally } from "./tally.ts";

/** Two rooms: red with two members, blue with one; a message is due in red. */
function redMessage(): Tally {
  const tally = new Tally(
    new Map([
      ["red", 2],
      ["blue", 1],
    ]),
  );
  tally.expect({ id: "a", room: "red", dueAtMs: 1_000 });
  return tally;
}

test("a message that reaches every member once is delivered to each", () => {
  const tally = redMessage();
  tally.arrived({ id: "a", room: "red", member: 1, atMs: 1_020 });
  tally.arrived({ id: "a", room: "red", member: 0, atMs: 1_005 });
  expect(tally.outcome()).toEqual({
    messages: 1,
    deliveries: 2,
    missing: 0,
    doubled: 0,
    strays: 0,
    latenciesMs: Float64Array.of(5, 20),
    durationMs: 20,
  });
});

test("a member that did not get a message is seen, also when another got it twice", () => {
  const tally = redMessage();
  tally.arrived({ id: "a", room: "red", member: 0, atMs: 1_005 });
  tally.arrived({ id: "a", room: "red", member: 0, atMs: 1_006 });
  expect(tally.outcome()).toMatchObject({ deliveries: 1, missing: 1, doubled: 1 });
});

test("a message that comes twice is seen, and its second time is no delivery", () => {
  const tally = redMessage();
  for (const member of [0, 1, 1]) tally.arrived({ id: "a", room: "red", member, atMs: 1_005 });
  expect(tally.outcome()).toMatchObject({ deliveries: 2, missing: 0, doubled: 1 });
  expect(tally.outcome().latenciesMs).toHaveLength(2);
});

test("what nobody sent, or arrives in another room, or at nobody, is a stray", () => {
  const tally = redMessage();
  tally.arrived({ id: "b", room: "red", member: 0, atMs: 1_005 });
  tally.arrived({ id: "a", room: "blue", member: 0, atMs: 1_005 });
  tally.arrived({ id: "a", room: "red", member: 2, atMs: 1_005 });
  expect(tally.outcome()).toMatchObject({ deliveries: 0, missing: 2, strays: 3 });
});

test("waiting ends with the last delivery", async () => {
  const tally = redMessage();
  tally.arrived({ id: "a", room: "red", member: 0, atMs: 1_005 });
  const complete = tally.complete(60_000);
  tally.arrived({ id: "a", room: "red", member: 1, atMs: 1_005 });
  await complete;
  await tally.complete(60_000);
});

test("waiting for what does not come ends after its time", async () => {
  const tally = redMessage();
  await tally.complete(1);
  expect(tally.outcome()).toMatchObject({ deliveries: 0, missing: 2, durationMs: 0 });
});
