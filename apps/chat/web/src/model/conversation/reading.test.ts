import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { limits } from "../../../../contract/limits.ts";
import { line, lines, liveConversation } from "./fake-link.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Ann has read up to 3 of 5 lines of Bea's; what follows is unread. */
function visited(kind: "room" | "direct" = "room") {
  const talk = liveConversation(kind);
  talk.model.reading.known({ readTo: 3, deliveredTo: 3, unread: 2, newest: 5 });
  talk.model.history.show({ lines: lines(1, 5), hasOlder: false, hasNewer: false });
  const unread = () => talk.model.store.get().unread;
  const marks = async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    return talk.link.sent.filter(({ type }) => type === "mark").map(({ data }) => data);
  };
  return { ...talk, unread, marks };
}

describe("Reading", () => {
  test("counts what others say, once, and neither own lines nor deleted ones", () => {
    const { model, unread } = visited();
    expect(unread()).toBe(2);
    model.merge([line(6), line(7, { from: "Ann" }), line(8, { state: "deleted", text: "" })]);
    model.merge([line(6)]);
    expect(unread()).toBe(3);
    model.merge([line(6, { revision: 9, state: "deleted", text: "" })]);
    expect(unread()).toBe(2);
  });

  test("counts up to a limit", () => {
    const { model, unread } = visited();
    model.merge(lines(6, 500));
    expect(unread()).toBe(limits.unread);
  });

  test("marks as read what was seen, and tells the server the furthest, once", async () => {
    const { model, unread, marks } = visited();
    model.reading.seen(4);
    expect(unread()).toBe(1);
    model.reading.seen(5);
    model.reading.seen(2);
    expect(unread()).toBe(0);
    expect(await marks()).toEqual([{ readTo: 5, deliveredTo: 5 }]);
  });

  test("reads new lines as they come while somebody looks at the end, without a divider", () => {
    const { model, unread } = visited();
    model.reading.look("end");
    model.reading.begin();
    model.merge([line(6)]);
    expect(unread()).toBe(0);
    expect(model.store.get().newAfter).toBeUndefined();
    model.reading.look(undefined);
    model.merge([line(7)]);
    expect(unread()).toBe(1);
    expect(model.store.get().newAfter).toBe(6);
  });

  test("keeps the divider where one began, though all is read by then", () => {
    const { model } = visited();
    model.reading.begin();
    model.reading.look("end");
    expect(model.store.get()).toMatchObject({ unread: 0, newAfter: 3 });
  });

  test("follows what another page of the same person has read, and does not tell it back", async () => {
    const { model, unread, marks } = visited();
    model.reading.readElsewhere(5);
    expect(unread()).toBe(0);
    expect((await marks()).filter((mark) => "readTo" in (mark as object))).toEqual([]);
  });

  test("tells the server after a lost connection what was read meanwhile", async () => {
    const { model, marks } = visited();
    model.linkChanged({ kind: "connecting" });
    model.reading.seen(5);
    expect(await marks()).toEqual([]);
    model.linkChanged({ kind: "live", node: "node-1" });
    model.reading.known({ readTo: 3, deliveredTo: 5, unread: 2, newest: 5 });
    expect(model.store.get().unread).toBe(0);
    expect(await marks()).toEqual([{ readTo: 5 }]);
  });

  test("tells a writer that a direct message has arrived, before it is read", async () => {
    const { model, marks } = visited("direct");
    await marks();
    model.merge([line(6)]);
    expect((await marks()).at(-1)).toEqual({ deliveredTo: 6 });
  });

  test("keeps how far the other one has come, which never goes back", () => {
    const { model } = visited("direct");
    model.marked("Bea", { deliveredTo: 5, readTo: 4 });
    model.marked("Bea", { deliveredTo: 3, readTo: 2 });
    expect(model.store.get().theirs).toEqual({ deliveredTo: 5, readTo: 4 });
  });
});
