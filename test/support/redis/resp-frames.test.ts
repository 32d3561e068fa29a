import { expect, test } from "vitest";
import { commandFrame, FrameScanner, headOf } from "./resp-frames.ts";

const frames = [
  "+OK\r\n",
  "-ERR no\r\n",
  ":12\r\n",
  "$5\r\nab\r\nc\r\n",
  "$0\r\n\r\n",
  "$-1\r\n",
  "*0\r\n",
  "*-1\r\n",
  "*2\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n",
  ">3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$2\r\nhi\r\n",
  "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n",
  "~2\r\n#t\r\n,1.5\r\n",
  "|1\r\n+ttl\r\n:10\r\n$2\r\nhi\r\n",
  "=7\r\ntxt:hey\r\n",
  "(123456789012345678901234567890\r\n",
  "!4\r\nERR!\r\n",
  "PING\r\n",
];

test("cuts a stream into its frames, wherever the network cuts it", () => {
  const stream = Buffer.from(frames.join(""));
  for (let size = 1; size <= stream.length; size++) {
    const scanner = new FrameScanner(1_000);
    const found: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      found.push(...scanner.push(stream.subarray(at, at + size)).map(String));
    }
    expect(found).toEqual(frames);
    expect(scanner.rest()).toHaveLength(0);
  }
});

test("gives up the bytes of a frame that is not complete, and begins anew", () => {
  const scanner = new FrameScanner(1_000);
  expect(scanner.push(Buffer.from("+OK\r\n*2\r\n$3\r\nab"))).toHaveLength(1);
  expect(scanner.rest().toString()).toBe("*2\r\n$3\r\nab");
  expect(scanner.push(Buffer.from("+OK\r\n")).map(String)).toEqual(["+OK\r\n"]);
});

test("refuses what is not RESP, and frames over the limit before they have arrived", () => {
  const scanner = (): FrameScanner => new FrameScanner(1_000);
  expect(() => scanner().push(Buffer.from("\u0016\u0003\r\n"))).toThrow("this is not RESP");
  expect(() => scanner().push(Buffer.from("*x\r\n"))).toThrow("this has no length");
  expect(() => scanner().push(Buffer.from("*2\r\nPING\r\n"))).toThrow("this is not RESP");
  expect(() => {
    const one = scanner();
    one.push(Buffer.from("$1000000\r\n"));
    one.push(Buffer.from("a"));
  }).toThrow("a frame has more than 1000 bytes");
  expect(() => scanner().push(Buffer.from("+" + "a".repeat(2_000)))).toThrow("a frame has more than 1000 bytes");
});

test("reads the head of a frame", () => {
  expect(headOf(commandFrame(["PUBLISH", "café", ""]))).toEqual({
    type: "*",
    count: 3,
    items: ["PUBLISH", "café", ""],
  });
  expect(headOf(Buffer.from(frames[9]!), 2)).toEqual({ type: ">", count: 3, items: ["message", "room"] });
  expect(headOf(Buffer.from("-ERR no\r\n"))).toEqual({ type: "-", count: 1, items: ["ERR no"] });
  expect(headOf(Buffer.from("*2\r\n$-1\r\n:3\r\n"))).toEqual({ type: "*", count: 2, items: ["", "3"] });
  expect(headOf(Buffer.from("*2\r\n:1\r\n*1\r\n:2\r\n"))).toEqual({ type: "*", count: 2, items: ["1"] });
  expect(headOf(Buffer.from("SET a b\r\n"))).toEqual({ type: "", count: 3, items: ["SET", "a", "b"] });
});
