import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { line, liveConversation } from "./fake-link.ts";
import { maxPending } from "./sending.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets promises and short pauses go on. */
const settle = () => vi.advanceTimersByTimeAsync(200);
const waiting = { kind: "waiting", why: "You are offline.", retryAt: 0 } as const;

type Talk = ReturnType<typeof liveConversation>;
const states = ({ model }: Talk) => model.store.get().pending.map(({ text, state }) => `${text} ${state}`);
const clientIdOf = ({ link }: Talk, at = -1) => (link.calls.at(at)!.data as { clientId: string }).clientId;
const stored = (talk: Talk, id: number, text: string) => line(id, { from: "Ann", text, clientId: clientIdOf(talk) });

describe("Sending", () => {
  test("shows a message at once and replaces it by the stored line", async () => {
    const talk = liveConversation();
    talk.model.say("hi");
    expect(states(talk)).toEqual(["hi sending"]);
    talk.link.last.answer(stored(talk, 1, "hi"));
    await settle();
    expect(states(talk)).toEqual([]);
    expect(talk.ids()).toEqual([1]);
  });

  test("takes the event for the confirmation when it comes before the reply, and shows the line once", async () => {
    const talk = liveConversation();
    talk.model.say("hi");
    talk.model.merge([stored(talk, 1, "hi")]);
    expect(states(talk)).toEqual([]);
    talk.link.last.answer(stored(talk, 1, "hi"));
    await settle();
    expect(talk.ids()).toEqual([1]);
  });

  test("does not take another's line with the same client id for a confirmation", () => {
    const talk = liveConversation();
    talk.model.say("hi");
    talk.model.merge([line(1, { clientId: clientIdOf(talk) })]);
    expect(states(talk)).toEqual(["hi sending"]);
  });

  test("sends one after the other, in the order they were written", async () => {
    const talk = liveConversation();
    talk.model.say("one");
    talk.model.say("two");
    expect(talk.link.calls).toHaveLength(1);
    talk.link.last.answer(stored(talk, 1, "one"));
    await settle();
    expect(talk.link.calls.map(({ data }) => data)).toMatchObject([{ text: "one" }, { text: "two" }]);
  });

  test("waits while the connection is away, and sends when it is live again", async () => {
    const talk = liveConversation();
    talk.model.linkChanged(waiting);
    talk.model.say("one");
    expect(states(talk)).toEqual(["one waiting"]);
    expect(talk.link.calls).toHaveLength(0);
    talk.model.linkChanged({ kind: "live", node: "node-1" });
    expect(talk.link.last.data).toMatchObject({ text: "one" });
  });

  test("sends what was lost with its connection again, under the same client id", async () => {
    const talk = liveConversation();
    talk.model.say("hi");
    const first = clientIdOf(talk);
    talk.model.linkChanged(waiting);
    talk.link.last.lose();
    await settle();
    expect(states(talk)).toEqual(["hi waiting"]);
    talk.model.linkChanged({ kind: "live", node: "node-1" });
    expect(talk.link.calls).toHaveLength(2);
    expect(clientIdOf(talk)).toBe(first);
  });

  test("fails with a reason when the server refuses, and tries again or gives up as its writer says", async () => {
    const talk = liveConversation();
    talk.model.say("hi");
    talk.link.last.refuse("nobody");
    await settle();
    const [message] = talk.model.store.get().pending;
    expect(message).toMatchObject({ state: "failed", problem: "There is nobody with this name." });
    talk.model.sending.retry(message?.clientId ?? "");
    expect(states(talk)).toEqual(["hi sending"]);
    expect(clientIdOf(talk)).toBe(message?.clientId);
    talk.link.last.lose();
    await settle();
    expect(talk.model.store.get().pending[0]).toMatchObject({ problem: "The server did not answer." });
    talk.model.sending.discard(message?.clientId ?? "");
    expect(states(talk)).toEqual([]);
  });

  test("goes on with the next when one failed", async () => {
    const talk = liveConversation();
    talk.model.say("one");
    talk.model.say("two");
    talk.link.last.refuse("full");
    await settle();
    expect(states(talk)).toEqual(["one failed", "two sending"]);
  });

  test("takes up after a reload what was unconfirmed before, in the same order", async () => {
    const before = liveConversation();
    before.model.say("one");
    before.model.say("two");
    const after = liveConversation();
    after.model.sending.restore(before.kept.pending);
    expect(clientIdOf(after)).toBe(clientIdOf(before));
    after.link.last.answer(stored(after, 1, "one"));
    await settle();
    expect(states(after)).toEqual(["two sending"]);
    expect(after.kept.pending).toHaveLength(1);
  });

  test("takes no more than a bounded number", () => {
    const talk = liveConversation();
    for (let at = 0; at < maxPending; at++) expect(talk.model.say(`${at}`)).toBe(true);
    expect(talk.model.say("one more")).toBe(false);
  });
});
