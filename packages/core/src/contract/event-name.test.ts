import { describe, expect, test } from "vitest";
import { eventTypeProblem, reservedSegments } from "../internal/event-type.ts";
import { handlerNameOf, messageTypeProblem } from "./event-name.ts";

describe("event types", () => {
  test.each([
    ["xxx.ooo", "xxx_ooo"],
    ["chat.message.new", "chat_message_new"],
    ["v2.1", "v2_1"],
  ])("%s is handled by %s", (type, handler) => {
    expect(eventTypeProblem(type)).toBeUndefined();
    expect(handlerNameOf(type)).toBe(handler);
  });

  test.each([
    "",
    "message",
    ".message",
    "chat.",
    "chat..message",
    "Chat.message",
    "chat.Message",
    "chat_message",
    "chat.my_message",
    "chat-message.new",
    "chat message",
    "chat.message\n",
    "chat.mess\u00e4ge",
    "chat.\u0661",
    "1chat.message",
    "__proto__",
    "constructor",
    "a".repeat(99) + ".b",
  ])("%j is refused", (type) => {
    expect(eventTypeProblem(type)).toBeTypeOf("string");
    expect(() => handlerNameOf(type)).toThrow(expect.objectContaining({ code: "EVENT_INVALID" }));
  });

  test.each([...reservedSegments])("what begins with %s. is reserved", (segment) => {
    expect(eventTypeProblem(`${segment}.message`)).toContain("reserved");
    expect(eventTypeProblem(`${segment}s.message`)).toBeUndefined();
  });
});

describe("message types", () => {
  test.each(["say", "userSays2", "constructor", "s".repeat(64)])("%s is taken", (type) => {
    expect(messageTypeProblem(type)).toBeUndefined();
  });

  test.each(["", "Say", "2say", "say.it", "say_it", "say-it", "säg", "say\n", "__proto__", "s".repeat(65)])(
    "%j is refused",
    (type) => {
      expect(messageTypeProblem(type)).toContain("at most 64");
    },
  );
});
