import { describe, expect, test } from "vitest";
import { emptyConversation } from "../../model/conversation/conversation.ts";
import { line } from "../../model/conversation/fake-link.ts";
import type { Conversation } from "../../model/conversation/conversation.ts";
import { firstNewOf, rowsOf } from "./rows.ts";

const minute = 60_000;
const noon = new Date(2026, 0, 5, 12).getTime();

function talk(said: readonly [from: string, at: number][], more: Partial<Conversation> = {}): Conversation {
  const lines = said.map(([from, at], index) => line(index + 1, { from, at }));
  return {
    ...emptyConversation({ kind: "direct", name: "Bea" }),
    window: { lines, hasOlder: false, hasNewer: false },
    isReady: true,
    ...more,
  };
}

function shape(conversation: Conversation): string[] {
  return rowsOf(conversation, "Ann").map(({ from, beginsDay, beginsNew, beginsGroup, endsGroup }) =>
    [beginsDay && "day", beginsNew && "new", beginsGroup && "[", from, endsGroup && "]"].filter(Boolean).join(" "),
  );
}

describe("rowsOf", () => {
  test("puts together what one person says without a pause of five minutes", () => {
    const said = talk([
      ["Ann", noon],
      ["Ann", noon + 4 * minute],
      ["Ann", noon + 9 * minute],
      ["Bea", noon + 9 * minute],
    ]);
    expect(shape(said)).toEqual(["day [ Ann", "Ann ]", "[ Ann ]", "[ Bea ]"]);
  });

  test("begins anew at midnight, and where what is new begins", () => {
    const midnight = new Date(2026, 0, 6).getTime();
    const said = talk(
      [
        ["Bea", midnight - minute],
        ["Bea", midnight],
        ["Bea", midnight],
      ],
      { newAfter: 2 },
    );
    expect(shape(said)).toEqual(["day [ Bea ]", "day [ Bea ]", "new [ Bea ]"]);
  });

  test("ends with what is on its way, under the key it keeps when it is stored", () => {
    const pending = [{ clientId: "client-2", text: "hi", at: noon, state: "sending" }] as const;
    const before = rowsOf(talk([["Bea", noon]], { pending }), "Ann");
    const after = rowsOf(
      talk([
        ["Bea", noon],
        ["Ann", noon],
      ]),
      "Ann",
    );
    expect(before.map(({ key, progress }) => [key, progress])).toEqual([
      ["1", undefined],
      ["client-2", "sending"],
    ]);
    expect(after.at(-1)?.key).toBe("client-2");
  });

  test.each([
    [{ deliveredTo: 1, readTo: 1 }, "sent"],
    [{ deliveredTo: 2, readTo: 1 }, "delivered"],
    [{ deliveredTo: 2, readTo: 2 }, "read"],
  ])("says of the last own direct message, with %j, that it was %s", (theirs, progress) => {
    const said = talk(
      [
        ["Ann", noon],
        ["Ann", noon],
        ["Bea", noon],
      ],
      { theirs },
    );
    expect(rowsOf(said, "Ann").map((row) => row.progress)).toEqual([undefined, progress, undefined]);
  });
});

describe("firstNewOf", () => {
  test("is the first line of another after what was read, if all before it is here", () => {
    const said: [string, number][] = [
      ["Bea", noon],
      ["Ann", noon],
      ["Bea", noon],
    ];
    expect(firstNewOf(talk(said, { newAfter: 1 }), "Ann")).toBe(3);
    expect(firstNewOf(talk(said, { newAfter: undefined }), "Ann")).toBeUndefined();
    const cut = { lines: [line(7)], hasOlder: true, hasNewer: false };
    expect(firstNewOf(talk([], { newAfter: 5, window: cut }), "Ann")).toBeUndefined();
  });
});
