import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { End } from "../connection/link.ts";
import { contract } from "../contract/contract.ts";
import type { EventOf } from "../contract/infer.ts";
import { SolentError } from "../errors/solent-error.ts";
import { deferred } from "../internal/deferred.ts";
import { InMemoryChannelLayer } from "../hub/in-memory-channel-layer.ts";
import { ChannelNameRouter } from "../routing/channel-name-router.ts";
import { applicationOf } from "./application-of.ts";
import { ChannelConsumer } from "../consumer/channel-consumer.ts";
import { StopConsumer } from "../consumer/stop-consumer.ts";
import { runWorker } from "./worker.ts";

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

describe("runWorker", () => {
  test("hands the messages of a channel to one instance, one at a time and in order", async () => {
    const steps: string[] = [];
    const done = deferred<void>();
    class Thumbnails extends ChannelConsumer {
      seen = 0;
      async image_resize(event: { id: number }) {
        steps.push(`start ${event.id}`);
        await Promise.resolve();
        this.seen++;
        steps.push(`end ${event.id} of ${this.seen} on ${this.scope.channel}`);
        if (event.id === 3) done.resolve();
      }
    }
    await using layer = new InMemoryChannelLayer();
    const worker = runWorker(applicationOf(Thumbnails), { layer, channels: ["thumbnails"] });
    for (const id of [1, 2, 3]) await layer.send("thumbnails", { type: "image.resize", id });
    await done.promise;
    await worker.close();
    expect(steps).toEqual([1, 2, 3].flatMap((id) => [`start ${id}`, `end ${id} of ${id} on thumbnails`]));
  });

  test("a handler that throws loses its own message only, and the next gets a new instance", async () => {
    const handled: string[] = [];
    const ends: End[] = [];
    const done = deferred<void>();
    let instances = 0;
    class Jobs extends ChannelConsumer {
      instance = ++instances;
      job_run(event: { id: number }) {
        if (event.id === 2) throw new Error("broken job");
        handled.push(`${event.id} by ${this.instance}`);
        if (event.id === 3) done.resolve();
      }
      override disconnect(end: End) {
        ends.push(end);
      }
    }
    const layer = new InMemoryChannelLayer();
    const errors: unknown[] = [];
    const logger = { ...quiet, error: (fields: Readonly<Record<string, unknown>>) => void errors.push(fields["err"]) };
    const worker = runWorker(applicationOf(Jobs), { layer, channels: ["jobs"], logger });
    for (const id of [1, 2, 3]) await layer.send("jobs", { type: "job.run", id });
    await done.promise;
    await worker.close();
    await layer.close();
    expect(handled).toEqual(["1 by 1", "3 by 2"]);
    expect(errors.map(String)).toEqual(["Error: broken job"]);
    expect(ends.map((end) => end.cause)).toEqual(["error", "shutdown"]);
  });

  test("StopConsumer ends an instance without a word in the log", async () => {
    const done = deferred<void>();
    class Once extends ChannelConsumer {
      job_run() {
        throw new StopConsumer();
      }
      override disconnect() {
        done.resolve();
      }
    }
    await using layer = new InMemoryChannelLayer();
    const errors: unknown[] = [];
    await using _worker = runWorker(applicationOf(Once), {
      layer,
      channels: ["jobs"],
      logger: { ...quiet, error: (f) => void errors.push(f) },
    });
    await layer.send("jobs", { type: "job.run" });
    await done.promise;
    expect(errors).toEqual([]);
  });

  test("a worker with a contract handles checked events, and what does not fit never reaches it", async () => {
    const jobs = contract({ events: { "image.resize": z.object({ width: z.number() }) } });
    const widths: number[] = [];
    const done = deferred<void>();
    class Resize extends ChannelConsumer.of(jobs) {
      image_resize(event: EventOf<typeof jobs, "image.resize">) {
        widths.push(event.width);
        if (widths.length === 2) done.resolve();
      }
    }
    const warnings: string[] = [];
    const logger = { ...quiet, warn: (_fields: unknown, message: string) => void warnings.push(message) };
    await using layer = new InMemoryChannelLayer();
    await using _worker = runWorker(new ChannelNameRouter({ images: Resize }), { layer, logger });
    await layer.channel(jobs, "images").send("image.resize", { width: 1 });
    await layer.send("images", { type: "image.resize", width: "wide" });
    await layer.send("images", { type: "image.resize", width: 2 });
    await done.promise;
    expect(widths).toEqual([1, 2]);
    expect(warnings).toEqual([expect.stringContaining('an event "image.resize" does not fit the contract of Resize')]);
  });

  test("closing fires the signal of a handler that waits for it", async () => {
    const started = deferred<void>();
    const steps: string[] = [];
    class Patient extends ChannelConsumer {
      async job_run() {
        started.resolve();
        await new Promise<void>((resolve) => this.signal.addEventListener("abort", () => resolve()));
        steps.push("aborted");
      }
      override disconnect(end: End) {
        steps.push(`disconnect ${end.cause}`);
      }
    }
    await using layer = new InMemoryChannelLayer();
    const worker = runWorker(applicationOf(Patient), { layer, channels: ["jobs"] });
    await layer.send("jobs", { type: "job.run" });
    await started.promise;
    await worker.close();
    expect(steps).toEqual(["aborted", "disconnect shutdown"]);
  });

  test("refuses a worker without channels, or with one that its application does not serve", () => {
    class Idle extends ChannelConsumer {}
    const layer = new InMemoryChannelLayer();
    const isInvalid = expect.toSatisfy((error: unknown) => SolentError.is(error, "CONFIG_INVALID"));
    expect(() => runWorker(applicationOf(Idle), { layer, channels: [] })).toThrow(isInvalid);
    expect(() => runWorker(applicationOf(Idle), { layer })).toThrow(isInvalid);
    const named = { ...applicationOf(Idle), channels: new Map([["thumbnails", Idle]]) };
    expect(() => runWorker(named, { layer, channels: ["thumbnial"] })).toThrow('the application serves "thumbnails"');
  });
});
