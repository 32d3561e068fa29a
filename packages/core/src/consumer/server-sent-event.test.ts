import { describe, expect, test } from "vitest";
import { serverSentEvent, type ServerSentEvent } from "./server-sent-event.ts";

describe("an event of a text/event-stream", () => {
  test.each<[ServerSentEvent, string]>([
    [{ data: "hi" }, "data: hi\n\n"],
    [{ data: "" }, "data: \n\n"],
    [{ data: { a: [1] } }, 'data: {"a":[1]}\n\n'],
    [{ data: "a\nb\r\nc\rd" }, "data: a\ndata: b\ndata: c\ndata: d\n\n"],
    [{ data: " x", event: "item", id: "7", retryMs: 0 }, "event: item\nid: 7\nretry: 0\ndata:  x\n\n"],
    [{ data: 1, id: "" }, "id: \ndata: 1\n\n"],
    [{ retryMs: 500 }, "retry: 500\n\n"],
  ])("%j is written as the format has it", (event, text) => {
    expect(serverSentEvent(event)).toBe(text);
  });

  test.each<[string, ServerSentEvent]>([
    ["a name with a line break, which would begin another field", { data: "", event: "a\ndata: b" }],
    ["an id with a line break", { data: "", id: "1\r2" }],
    ["an id with NUL, which clients ignore", { data: "", id: "\0" }],
    ["a negative time", { data: "", retryMs: -1 }],
    ["half a millisecond", { data: "", retryMs: 0.5 }],
    ["what is no JSON", { data: () => 1 }],
  ])("refuses %s", (_what, event) => {
    expect(() => serverSentEvent(event)).toThrow(expect.objectContaining({ code: "EVENT_INVALID" }));
  });
});
