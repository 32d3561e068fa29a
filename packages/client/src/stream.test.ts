import { expect, test, vi } from "vitest";
import { Stream } from "./stream.ts";

test("a stream gives waiting readers messages in the order they asked", async () => {
  const stream = new Stream<number>(10, () => undefined);
  const reads = [stream.next(), stream.next(), stream.next()];
  stream.push(1);
  stream.push(2);
  stream.end();
  expect(await Promise.all(reads)).toEqual([
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: true, value: undefined },
  ]);
});

test("a message may be undefined without ending the stream", async () => {
  const stream = new Stream<undefined>(10, () => undefined);
  stream.push(undefined);
  expect(await stream.next()).toEqual({ done: false, value: undefined });
});

test("leaving the loop lets go of what was not read and of the waiting reader", async () => {
  const left = vi.fn();
  const stream = new Stream<number>(10, left);
  stream.push(1);
  stream.push(2);
  for await (const message of stream) {
    expect(message).toBe(1);
    break;
  }
  expect(left).toHaveBeenCalledExactlyOnceWith(stream);
  expect(await stream.next()).toEqual({ done: true, value: undefined });

  const idle = new Stream<number>(10, left);
  const read = idle.next();
  await idle.return();
  expect(await read).toEqual({ done: true, value: undefined });
});

test("one message too many ends the stream once, and nothing is taken after it", async () => {
  const left = vi.fn();
  const stream = new Stream<number>(1, left);
  stream.push(1);
  stream.push(2);
  expect(left).toHaveBeenCalledTimes(1);
  expect((await stream.next()).value).toBe(1);
  await expect(stream.next()).rejects.toThrow("An iteration fell 1 messages behind");
});
