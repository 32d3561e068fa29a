import { describe, expectTypeOf, test } from "vitest";
import type { chat } from "../test/chat-contract.ts";
import { connect, type ReceivedMessage, type RemoteConsumer } from "./index.ts";

// Only the compiler looks at what is in here; nothing of it runs.
function unrun(_body: () => unknown): void {}

type Room = RemoteConsumer<typeof chat>;
declare const room: Room;
declare const contract: typeof chat;

describe("the contract's types", () => {
  test("say what may be sent", () => {
    unrun(() => {
      room.send("say", { text: "hi" });
      room.send("typing");
      room.send("typing", undefined, { volatile: true });
      room.send("say", { text: "hi" }, { volatile: true });
      room.send("note");
      room.send("note", "text");
      // A transform is typed by what the sender writes.
      room.send("mark", { at: "2026-11-21" });
      // @ts-expect-error -- a number is no text
      room.send("say", { text: 7 });
      // @ts-expect-error -- the data is missing
      room.send("say");
      // @ts-expect-error -- no such message
      room.send("sayd", { text: "hi" });
      // @ts-expect-error -- a message of the other direction
      room.send("said", { from: "ann", text: "hi" });
      // @ts-expect-error -- the message carries no data
      room.send("typing", { text: "hi" });
      // @ts-expect-error -- a Date is what the server gets, not what is sent
      room.send("mark", { at: new Date() });
    });
  });

  test("say what a handler gets", () => {
    unrun(() => {
      room.on("said", (line) => expectTypeOf(line).toEqualTypeOf<{ from: string; text: string }>());
      room.on("count", (count) => expectTypeOf(count).toEqualTypeOf<number>());
      room.on("cleared", (nothing) => expectTypeOf(nothing).toEqualTypeOf<undefined>());
      // @ts-expect-error -- no such message
      room.on("sad", () => undefined);
      // @ts-expect-error -- the handler wants more than there is
      room.on("said", (line: { from: string; text: string; at: number }) => line.at);
    });
  });

  test("make the iterated message a union told apart by its type", () => {
    type Message = ReceivedMessage<typeof chat>;
    expectTypeOf<Message["type"]>().toEqualTypeOf<"said" | "count" | "cleared" | "confirm">();
    expectTypeOf<Extract<Message, { type: "count" }>["data"]>().toEqualTypeOf<number>();
    unrun(async () => {
      for await (const message of room) {
        if (message.type === "said") expectTypeOf(message.data.text).toEqualTypeOf<string>();
      }
    });
  });

  test("are asked for where they are missing", () => {
    unrun(() => {
      const untyped = connect("/rooms/red");
      // @ts-expect-error -- "say which contract: connect<typeof chat>(url)"
      untyped.send("say", { text: "hi" });
      // @ts-expect-error -- "say which contract: connect<typeof chat>(url)"
      untyped.on("said", () => undefined);
    });
  });

  test("come with either form of connect", () => {
    expectTypeOf(connect<typeof chat>).toBeCallableWith("/rooms/red");
    expectTypeOf(connect<typeof chat>).toBeCallableWith(new URL("ws://x"), { maxQueuedMessages: 1 });
    unrun(() => {
      expectTypeOf(connect<typeof chat>("/rooms/red")).toEqualTypeOf<Room>();
      expectTypeOf(connect(contract, "/rooms/red")).toEqualTypeOf<Room>();
    });
  });

  test("accept the WebSocket of the platform and of the ws package", () => {
    unrun(async () => {
      connect<typeof chat>("/", { WebSocket: globalThis.WebSocket });
      connect<typeof chat>("/", { WebSocket: (await import("ws")).WebSocket });
      // @ts-expect-error -- not a socket
      connect<typeof chat>("/", { WebSocket: URL });
    });
  });
});
