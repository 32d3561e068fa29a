import { describe, expect, test } from "vitest";
import { line, lines, liveConversation } from "./fake-link.ts";

describe("ConversationModel", () => {
  test("shows an edit and a deletion once the server has made them", async () => {
    const { link, model } = liveConversation();
    model.history.show({ lines: [line(1, { from: "Ann" })], hasOlder: false, hasNewer: false });
    const edited = model.edit(1, "better");
    link.last.answer(line(1, { from: "Ann", revision: 2, text: "better", state: "edited" }));
    expect(await edited).toBe("");
    expect(model.store.get().window.lines[0]).toMatchObject({ text: "better", state: "edited" });
    const deleted = model.delete(1);
    link.last.refuse("notYours");
    expect(await deleted).toBe("This message can no longer be changed.");
  });

  test("keeps the draft until it is sent", () => {
    const { model, kept } = liveConversation();
    model.write("hel");
    expect(kept.draft).toBe("hel");
    model.say("hello");
    expect(kept.draft).toBe("");
    expect(model.store.get().draft).toBe("");
    model.close();
  });

  test("tells listeners once of a line, with all that follows from it", () => {
    const { model } = liveConversation();
    model.history.show({ lines: lines(1, 2), hasOlder: false, hasNewer: false });
    const states: number[] = [];
    model.store.subscribe(() => states.push(model.store.get().window.lines.length));
    model.heardTyping("Bea");
    model.merge([line(3)]);
    expect(states).toEqual([2, 3]);
    model.close();
  });

  test("announces what others say while one is there, and no history", () => {
    const { model } = liveConversation();
    model.merge([line(1)]);
    model.history.show({ lines: lines(1, 5), hasOlder: false, hasNewer: false });
    model.merge([line(6), line(7, { from: "Ann" })]);
    model.merge([line(6, { revision: 8, state: "edited" })]);
    expect(model.store.get().news.map(({ id }) => id)).toEqual([6]);
    model.close();
  });
});
