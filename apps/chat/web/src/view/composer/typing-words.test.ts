import { expect, test } from "vitest";
import { typingWords } from "./typing-words.ts";

test.each([
  [[], ""],
  [["Ann"], "Ann is typing…"],
  [["Ann", "Bea"], "Ann and Bea are typing…"],
  [["Ann", "Bea", "Cem"], "Ann, Bea and 1 other are typing…"],
  [["Ann", "Bea", "Cem", "Dan", "Eve"], "Ann, Bea and 3 others are typing…"],
])("says of %j who is typing, with a bound", (names, words) => {
  expect(typingWords(names)).toBe(words);
});
