import { describe, expect, test, vi } from "vitest";

import { Hub, type HubOptions } from "./hub.ts";
import type { LayerMessage } from "../layer/message.ts";

function makeHub(options: Partial<HubOptions> = {}): Hub {
  return new Hub({ maxQueuedMessages: 100, maxGroupsPerChannel: 100, onFault: () => undefined, ...options });
}

function event(n: unknown, group: string | undefined = "room"): LayerMessage {
  const meta = {
    type: "chat.message",
    group,
    sender: undefined,
    position: undefined,
    replayed: false,
    redelivered: false,
  };
  return { data: { n }, meta, validatedBy: undefined, volatile: false, expiresAtMs: Infinity };
}

class Member {
  readonly got: unknown[] = [];
  handle: ((message: LayerMessage) => void) | undefined;

  deliver(message: LayerMessage): boolean {
    this.got.push(message.data["n"]);
    this.handle?.(message);
    return true;
  }
}

function seated(hub: Hub, count: number): { readonly members: Member[]; readonly seats: ReturnType<Hub["attach"]>[] } {
  const members = Array.from({ length: count }, () => new Member());
  const seats = members.map((member, i) => hub.attach(`specific.n!${i}`, member));
  return { members, seats };
}

describe("Hub", () => {
  test("hands the one message object to every member", () => {
    const hub = makeHub();
    const { members, seats } = seated(hub, 3);
    const seen = new Set<LayerMessage>();
    for (const seat of seats) void seat.join("room");
    for (const member of members) member.handle = (message) => seen.add(message);
    const message = event(1);
    hub.deliverToGroup("room", message);
    expect([seen.size, seen.has(message), hub.delivered]).toEqual([1, true, 3]);
  });

  test("keeps counting right while groups grow from one member to many and back", () => {
    const hub = makeHub();
    const { members, seats } = seated(hub, 4);
    for (let size = 1; size <= 4; size += 1) {
      void seats[size - 1]?.join("room");
      hub.deliverToGroup("room", event(size));
    }
    for (let size = 4; size >= 1; size -= 1) {
      hub.deliverToGroup("room", event(-size));
      void seats[size - 1]?.leave("room");
    }
    hub.deliverToGroup("room", event("nobody"));
    expect(members.map((member) => member.got.length)).toEqual([8, 6, 4, 2]);
    expect([hub.memberships, hub.groups]).toEqual([0, 0]);
  });

  test("gives an event that waits for its turn to those who were members when it was sent", () => {
    const hub = makeHub();
    const { members, seats } = seated(hub, 3);
    const [first, stays, returns] = members;
    for (const seat of seats) void seat.join("room");
    if (first === undefined || stays === undefined || returns === undefined) throw new Error("no members");
    first.handle = ({ data }) => {
      if (data["n"] !== 1) return;
      hub.deliverToGroup("room", event(2));
      void seats[2]?.leave("room");
      void seats[2]?.join("room");
    };
    hub.deliverToGroup("room", event(1));
    hub.deliverToGroup("room", event(3));
    expect([first.got, stays.got, returns.got]).toEqual([[1, 2, 3], [1, 2, 3], [3]]);
  });

  test("gives nothing of a group that ended meanwhile to the group that has its name now", () => {
    const hub = makeHub();
    const { members, seats } = seated(hub, 2);
    void seats[0]?.join("trigger");
    void seats[1]?.join("room");
    const [trigger, member] = members;
    if (trigger === undefined || member === undefined) throw new Error("no members");
    trigger.handle = () => {
      hub.deliverToGroup("room", event("old"));
      void seats[1]?.leave("room");
      void seats[1]?.join("room");
    };
    hub.deliverToGroup("trigger", event("go", "trigger"));
    expect(member.got).toEqual([]);
  });

  test("delivers direct messages sent from a handler after the event, in their order", async () => {
    const hub = makeHub();
    const { members, seats } = seated(hub, 2);
    for (const seat of seats) void seat.join("room");
    const outcomes: unknown[] = [];
    const [first, second] = members;
    if (first === undefined || second === undefined) throw new Error("no members");
    first.handle = ({ data }) => {
      if (data["n"] !== 1) return;
      for (const name of ["specific.n!1", "specific.n!0"]) {
        outcomes.push(hub.deliverTo(name, event(`to ${name}`, undefined)));
      }
    };
    hub.deliverToGroup("room", event(1));
    expect([first.got, second.got]).toEqual([
      [1, "to specific.n!0"],
      [1, "to specific.n!1"],
    ]);
    expect(await Promise.all(outcomes)).toEqual([true, true]);
    expect(hub.deliverTo("specific.n!9", event(1))).toBeUndefined();
  });

  test("refuses what does not fit its queue, and tells a direct sender whose receiver ended meanwhile", async () => {
    const hub = makeHub({ maxQueuedMessages: 2 });
    const { members, seats } = seated(hub, 2);
    for (const seat of seats) void seat.join("room");
    const late: Promise<unknown>[] = [];
    const [first] = members;
    if (first === undefined) throw new Error("no members");
    first.handle = ({ data }) => {
      if (data["n"] !== 1) return;
      hub.deliverToGroup("room", event(2));
      late.push(Promise.resolve(hub.deliverTo("specific.n!1", event(3, undefined))).catch((error: unknown) => error));
      expect(() => hub.deliverToGroup("room", event(4))).toThrow(expect.objectContaining({ code: "LAYER_BUSY" }));
      expect(() => hub.deliverTo("specific.n!1", event(5))).toThrow(expect.objectContaining({ code: "LAYER_BUSY" }));
      seats[1]?.close();
    };
    hub.deliverToGroup("room", event(1));
    expect(members.map((member) => member.got)).toEqual([[1, 2], []]);
    expect(await late[0]).toMatchObject({ code: "CHANNEL_UNREACHABLE" });
  });

  test("lets the process breathe when handlers answer each other for ever, and stops when it is closed", async () => {
    vi.useFakeTimers();
    try {
      const hub = makeHub();
      const { members, seats } = seated(hub, 1);
      const [member] = members;
      if (member === undefined) throw new Error("no members");
      void seats[0]?.join("room");
      member.handle = () => hub.deliverToGroup("room", event("again"));
      hub.deliverToGroup("room", event("first"));
      const once = member.got.length;
      expect(once).toBeLessThan(2000);
      hub.deliverToGroup("room", event("other"));
      await vi.advanceTimersByTimeAsync(1);
      expect(member.got.length).toBeGreaterThan(once);
      expect(member.got).toContain("other");
      hub.close();
      const last = member.got.length;
      await vi.advanceTimersByTimeAsync(1000);
      expect([member.got.length, vi.getTimerCount()]).toEqual([last, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("limits the groups of one member, and keeps nothing of the refused join", async () => {
    const hub = makeHub({ maxGroupsPerChannel: 2 });
    const { seats } = seated(hub, 1);
    const [seat] = seats;
    if (seat === undefined) throw new Error("no seat");
    await seat.join("a");
    await seat.join("b");
    await seat.join("a");
    await expect(seat.join("c")).rejects.toMatchObject({ code: "LAYER_BUSY", details: { limit: 2 } });
    expect([hub.groups, [...seat.groups]]).toEqual([2, ["a", "b"]]);
    await expect(seat.join("a b")).rejects.toMatchObject({ code: "NAME_INVALID" });
    await expect(seat.leave("a b")).rejects.toMatchObject({ code: "NAME_INVALID" });
  });

  test("counts events that a member refused, and members that throw, and goes on", () => {
    const faults: unknown[] = [];
    const hub = makeHub({ onFault: (error, channel) => faults.push([channel, String(error)]) });
    const { members, seats } = seated(hub, 1);
    void hub.attach("specific.n!full", { deliver: () => false }).join("room");
    void hub
      .attach("specific.n!faulty", {
        deliver: () => {
          throw new Error("no");
        },
      })
      .join("room");
    void seats[0]?.join("room");
    hub.deliverToGroup("room", event(1));
    expect([members[0]?.got, hub.refused, hub.faults]).toEqual([[1], 2, 1]);
    expect(faults).toEqual([["specific.n!faulty", "Error: no"]]);
    expect(hub.deliverTo("specific.n!full", event(1))).toBe(false);
  });
});
