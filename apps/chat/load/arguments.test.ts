import { expect, test } from "vitest";
import { readArguments } from "./arguments.ts";

const read = (line: string) => readArguments(line.split(" ").filter((word) => word !== ""));

test("nothing asked for is five hundred people in twenty rooms", () => {
  expect(read("")).toEqual({ people: 500, rooms: 20, ratePerSecond: 200, seconds: 10, url: undefined });
});

test("every option is read, also behind the -- that pnpm hands on", () => {
  expect(read("-- --people 20 --rooms 2 --rate 30 --seconds 1 --url http://localhost:8000/")).toEqual({
    people: 20,
    rooms: 2,
    ratePerSecond: 30,
    seconds: 1,
    url: "http://localhost:8000",
  });
});

test("help is help", () => {
  expect(read("--help")).toBeUndefined();
});

test.each([
  ["--people 1", "--people is 1: it is a whole number from 2 to 5000."],
  ["--people 2.5", "--people is 2.5: it is a whole number from 2 to 5000."],
  ["--seconds 601", "--seconds is 601: it is a whole number from 1 to 600."],
  ["--people 20 --rooms 30", "--rooms is 30 for 20 people: each makes at most one."],
  ["--people 20 --rate 61", "--rate is 61 for 20 people: at most 60, 3 a second for each."],
  ["--people 5000 --rooms 1", "That makes 5000 members a room, and a room takes 2000: ask for more --rooms."],
  ["--seconds 600 --rate 1500", "That makes 45000000 deliveries, and at most 10000000 are counted: ask for less."],
  [
    "--url localhost:8000",
    "--url is localhost:8000: it is the address of a chat's page, such as http://localhost:8000.",
  ],
  ["--url http://localhost:8000/rooms", "--url is http://localhost:8000/rooms: it is the address of"],
  ["--persons 3", "Unknown option '--persons'"],
])("%s is refused with a sentence", (line, sentence) => {
  expect(() => read(line)).toThrow(sentence);
});
