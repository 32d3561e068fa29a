import { expect, test } from "vitest";

import { InMemoryChannelLayer } from "./in-memory-channel-layer.ts";

test("a plain channel hands its messages out in order, each to one reader", async () => {
  await using layer = new InMemoryChannelLayer();
  const first = layer.receive("jobs");
  const second = layer.receive("jobs");
  for (const n of [1, 2, 3]) await layer.send("jobs", { type: "job.run", n });
  expect([await first, await second, await layer.receive("jobs")]).toEqual([
    { type: "job.run", n: 1 },
    { type: "job.run", n: 2 },
    { type: "job.run", n: 3 },
  ]);
  expect(layer.stats()).toMatchObject({ channels: 0, queued: 0, readers: 0 });
});

test("a group reaches its members and nobody who has left", async () => {
  await using layer = new InMemoryChannelLayer();
  const [one, two, gone] = await Promise.all([layer.newChannel(), layer.newChannel(), layer.newChannel()]);
  for (const channel of [one, two, gone]) await layer.groupAdd("room", channel.name);
  await layer.groupDiscard("room", gone.name);
  await layer.groupSend("room", { type: "chat.message", text: "hello" });
  expect(await one.receive({ timeoutMs: 0 })).toEqual({ type: "chat.message", text: "hello" });
  expect(await two.receive({ timeoutMs: 0 })).toEqual({ type: "chat.message", text: "hello" });
  await expect(gone.receive({ timeoutMs: 0 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
});

test("the events of a group are numbered one after the other, and volatile ones are not", async () => {
  await using layer = new InMemoryChannelLayer();
  const positions: (string | undefined)[] = [];
  const seat = layer.attach({
    deliver: (message) => {
      positions.push(message.meta.position);
      return true;
    },
  });
  await seat.join("room");
  for (const text of ["a", "b"]) await layer.groupSend("room", { type: "chat.message", text });
  await layer.publish("room", { type: "chat.typing", data: {}, volatile: true });
  await layer.groupSend("room", { type: "chat.message", text: "c" });
  const [first, second, volatile, third] = positions.map((position) => position?.split("."));
  expect(volatile).toBeUndefined();
  expect([first?.at(-1), second?.at(-1), third?.at(-1)]).toEqual(["1", "2", "3"]);
  expect(new Set([first, second, third].map((parts) => parts?.slice(0, -1).join("."))).size).toBe(1);

  await seat.leave("room");
  await seat.join("room");
  await layer.groupSend("room", { type: "chat.message", text: "d" });
  // Nobody was there to count meanwhile: the numbers begin anew, and say so.
  expect(positions.at(-1)?.split(".").slice(0, -1)).not.toEqual(first?.slice(0, -1));
});
