import { randomUUID } from "node:crypto";
import type { LoadOptions } from "./arguments.ts";
import { atOnce } from "./at-once.ts";
import { type RunningChat, startChat } from "./chat-server.ts";
import { Crowd, type Seat } from "./crowd.ts";
import { pace } from "./pace.ts";
import { type Outcome, Tally } from "./tally.ts";

/** What a load test found. */
export interface LoadResult extends Outcome {
  /** Why messages were not taken, and how many for each reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** Connections to rooms that broke meanwhile. */
  readonly connectionsLost: number;
}

const lastDeliveriesWithinMs = 10_000;
const questionsAtOnce = 64;

/**
 * Lets people talk, and counts what arrives.
 *
 * @param say hears how it goes.
 * @throws {Error} when it could not begin.
 */
export async function runLoad(options: LoadOptions, say: (line: string) => void): Promise<LoadResult> {
  await using chat = options.url === undefined ? await startChat(options.people) : runningChat(options.url);
  await using crowd = await Crowd.gather(chat.url, options, say);
  return await talk(crowd.seats, options);
}

function runningChat(url: string): RunningChat {
  return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function talk(seats: readonly Seat[], { ratePerSecond, seconds }: LoadOptions): Promise<LoadResult> {
  const tally = new Tally(membersOf(seats));
  const failures = new Map<string, number>();
  let connectionsLost = 0;
  for (const { room, member, consumer } of seats) {
    consumer.on("said", ({ clientId: id }) => tally.arrived({ id, room, member, atMs: performance.now() }));
    consumer.onState((state) => {
      if (state !== "connecting" && state !== "open") connectionsLost += 1;
    });
  }

  const sending: Promise<void>[] = [];
  await pace({ count: ratePerSecond * seconds, ratePerSecond }, (index, dueAtMs) => {
    const { room, consumer } = seats[index % seats.length] as Seat;
    const id = randomUUID();
    tally.expect({ id, room, dueAtMs });
    sending.push(
      consumer.call("say", { clientId: id, text: `This is message ${index} of the load test.` }).then(
        () => {},
        (error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          failures.set(reason, (failures.get(reason) ?? 0) + 1);
        },
      ),
    );
  });
  await Promise.all([...sending, tally.complete(lastDeliveriesWithinMs)]);
  await settle(seats);
  return { ...tally.outcome(), failures, connectionsLost };
}

function membersOf(seats: readonly Seat[]): Map<string, number> {
  const members = new Map<string, number>();
  for (const { room } of seats) members.set(room, (members.get(room) ?? 0) + 1);
  return members;
}

/** Asks every connection something: what was on its way to it has arrived when the answer has, a second copy too. */
async function settle(seats: readonly Seat[]): Promise<void> {
  await atOnce(questionsAtOnce, seats, async ({ consumer }) => {
    await consumer.call("changes", { since: Number.MAX_SAFE_INTEGER }).catch(() => {});
  });
}
