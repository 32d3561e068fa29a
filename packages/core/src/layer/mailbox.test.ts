import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Mailbox, type OverflowPolicy } from "./mailbox.ts";
import { gapNotice, type LayerMessage } from "./message.ts";

interface Sketch {
  readonly group?: string;
  readonly position?: string;
  readonly expiresAtMs?: number;
  readonly volatile?: boolean;
  readonly type?: string;
}

let made = 0;

function message(n: unknown, sketch: Sketch = {}): LayerMessage {
  const { group, position, expiresAtMs = Infinity, volatile = false, type = "chat.message" } = sketch;
  const meta = { type, group, sender: undefined, position, replayed: false, redelivered: false };
  return { data: { n, made: (made += 1) }, meta, validatedBy: undefined, volatile, expiresAtMs };
}

function drain(mailbox: Mailbox): unknown[] {
  const got: unknown[] = [];
  for (let next = mailbox.shift(); next !== undefined; next = mailbox.shift()) {
    const { group, from, to, cause } = next.data;
    got.push(next.meta.type === "group.gap" ? [group, from ?? null, to ?? null, cause] : next.data["n"]);
  }
  return got;
}

const inRoom = (n: number): LayerMessage => message(n, { group: "room", position: `p${n}` });

describe("Mailbox", () => {
  test("says that it overflows, and drops nothing, where the owner is to end", () => {
    const mailbox = new Mailbox({ capacity: 2, overflow: "disconnect" });
    expect([1, 2, 3].map((n) => mailbox.push(inRoom(n)))).toEqual(["taken", "taken", "overflow"]);
    expect([mailbox.dropped, drain(mailbox)]).toEqual([0, [1, 2]]);
  });

  test("drops the newest with one notice in their place, which tells the positions around the hole", () => {
    const mailbox = new Mailbox({ capacity: 2, overflow: "dropNewest" });
    expect([1, 2, 3, 4].map((n) => mailbox.push(inRoom(n)))).toEqual(["taken", "taken", "dropped", "dropped"]);
    expect(mailbox.shift()?.data["n"]).toBe(1);
    expect(mailbox.push(inRoom(5))).toBe("taken");
    expect([mailbox.dropped, mailbox.size]).toEqual([2, 3]);
    expect(drain(mailbox)).toEqual([2, ["room", "p2", "p5", "overflow"], 5]);
  });

  test("drops the oldest with one notice in their place", () => {
    const mailbox = new Mailbox({ capacity: 2, overflow: "dropOldest" });
    mailbox.push(inRoom(1));
    expect(mailbox.shift()?.data["n"]).toBe(1);
    for (const n of [2, 3, 4, 5]) expect(mailbox.push(inRoom(n))).toBe("taken");
    expect(drain(mailbox)).toEqual([["room", "p1", "p4", "overflow"], 4, 5]);
    expect(mailbox.dropped).toBe(2);
  });

  test("keeps direct messages when it drops the oldest, and refuses a direct one when it is full", () => {
    const mailbox = new Mailbox({ capacity: 2, overflow: "dropOldest" });
    mailbox.push(message("direct"));
    mailbox.push(inRoom(1));
    expect(mailbox.push(inRoom(2))).toBe("taken");
    expect(mailbox.push(message("late"))).toBe("dropped");
    expect(drain(mailbox)).toEqual(["direct", ["room", null, "p2", "overflow"], 2]);
    expect(mailbox.dropped).toBe(1);
    const direct = new Mailbox({ capacity: 1, overflow: "dropOldest" });
    direct.push(message("direct"));
    expect([direct.push(inRoom(1)), drain(direct)]).toEqual(["dropped", ["direct", ["room", null, null, "overflow"]]]);
  });

  test("gives each group its own notice", () => {
    const mailbox = new Mailbox({ capacity: 1, overflow: "dropNewest" });
    mailbox.push(message(0));
    for (const group of ["a", "b", "a", "b"]) mailbox.push(message(1, { group }));
    expect(drain(mailbox)).toEqual([0, ["a", null, null, "overflow"], ["b", null, null, "overflow"]]);
  });

  test("drops a volatile one without notice when it is full, by the message or by the member's wish", () => {
    const mailbox = new Mailbox({ capacity: 1, overflow: "disconnect" });
    mailbox.push(inRoom(1));
    expect(mailbox.push(message(2, { group: "room", volatile: true }))).toBe("dropped");
    expect(mailbox.push(inRoom(3), { mode: "volatile" })).toBe("dropped");
    expect([mailbox.dropped, drain(mailbox)]).toEqual([2, [1]]);
  });

  test("keeps only the latest of a type, a group and a key, at its own place in the order", () => {
    const counters = { dropped: 0, expired: 0, replaced: 0 };
    const mailbox = new Mailbox({ capacity: 4, overflow: "disconnect", counters });
    const cursor = (n: number, key: string, group = "room"): string =>
      mailbox.push(message(n, { group, type: "cursor.moved" }), { mode: "latest", key });
    cursor(1, "ada");
    cursor(2, "eve");
    mailbox.push(inRoom(3));
    cursor(4, "ada");
    cursor(5, "ada", "other");
    expect(cursor(6, "eve")).toBe("taken");
    expect(drain(mailbox)).toEqual([3, 4, 5, 6]);
    expect(counters).toEqual({ dropped: 0, expired: 0, replaced: 2 });
  });

  test("skips what is too old, counts it, and tells of events of a group", () => {
    const clock = { ms: 0 };
    const mailbox = new Mailbox({ capacity: 3, overflow: "disconnect", now: () => clock.ms });
    mailbox.push(message("direct", { expiresAtMs: 10 }));
    mailbox.push(message(1, { group: "room", expiresAtMs: 10 }));
    mailbox.push(message(2, { group: "room", expiresAtMs: 11 }));
    clock.ms = 20;
    expect(mailbox.push(message(3, { group: "room", expiresAtMs: 100 }))).toBe("taken");
    expect(mailbox.expired).toBe(3);
    expect(drain(mailbox)).toEqual([["room", null, null, "expired"], 3]);
  });

  test("never counts a notice towards its capacity, and forgets everything when cleared", () => {
    const mailbox = new Mailbox({ capacity: 1, overflow: "dropNewest" });
    for (let n = 0; n < 5; n += 1) mailbox.push(inRoom(n));
    expect(mailbox.shift()?.data["n"]).toBe(0);
    expect(mailbox.push(inRoom(9))).toBe("taken");
    mailbox.clear();
    expect([mailbox.size, mailbox.shift(), mailbox.push(inRoom(1))]).toEqual([0, undefined, "taken"]);
  });

  test("passes a notice of the layer on like any event", () => {
    const mailbox = new Mailbox({ capacity: 2, overflow: "dropNewest" });
    mailbox.push(gapNotice({ group: "room", from: "p1", to: "p3", cause: "loss" }));
    mailbox.push(inRoom(3));
    expect(drain(mailbox)).toEqual([["room", "p1", "p3", "loss"], 3]);
  });

  test("accounts for every event: taken ones come out in order, and wherever some are missing there is one notice", () => {
    const policy = fc.constantFrom<OverflowPolicy>("dropOldest", "dropNewest");
    const steps = fc.array(fc.constantFrom("a", "b", "direct", "shift"), { maxLength: 200 });
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 5 }), steps, (overflow, capacity, actions) => {
        const mailbox = new Mailbox({ capacity, overflow });
        const out: LayerMessage[] = [];
        const sent: Record<string, number> = { a: 0, b: 0 };
        let refused = 0;
        for (const action of actions) {
          if (action === "shift") {
            const next = mailbox.shift();
            if (next !== undefined) out.push(next);
          } else if (action === "direct") {
            if (mailbox.push(message("direct")) !== "taken") refused += 1;
          } else {
            sent[action] = (sent[action] ?? 0) + 1;
            mailbox.push(message(sent[action], { group: action, position: `${sent[action]}` }));
          }
        }
        for (let next = mailbox.shift(); next !== undefined; next = mailbox.shift()) out.push(next);
        let missing = 0;
        for (const group of ["a", "b"]) missing += missingIn(out, group, sent[group] ?? 0);
        expect(missing).toBe(mailbox.dropped);
        const direct = actions.filter((action) => action === "direct").length;
        expect(out.filter((next) => next.data["n"] === "direct")).toHaveLength(direct - refused);
      }),
    );
  });
});

// Walks one group's events: between two that are not neighbours stands exactly one notice, and between neighbours none.
function missingIn(out: readonly LayerMessage[], group: string, sent: number): number {
  let last = 0;
  let notices = 0;
  let missing = 0;
  for (const { meta, data } of [...out, message(sent + 1, { group })]) {
    if (meta.group !== group) continue;
    if (meta.type === "group.gap") {
      notices += 1;
      continue;
    }
    const n = data["n"] as number;
    expect(n).toBeGreaterThan(last);
    if (n === last + 1) expect(notices).toBe(0);
    else expect(notices).toBeGreaterThan(0);
    missing += n - last - 1;
    last = n;
    notices = 0;
  }
  return missing;
}
