import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";
import { describe, expect, test } from "vitest";
import { connect } from "../support/peer.ts";
import { until } from "../support/turns.ts";
import { tableRows } from "./markdown.ts";

const page = "docs/reference/diagnostics.md";
const rowsUnder = (heading: RegExp) =>
  tableRows(page, heading).filter(([first = ""]) => /^`.*`$/.test(first)) as [string, string, string][];
const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);

class Talkative extends WebSocketConsumer {
  static override readonly groups = ["all"];

  override async receive(text: string) {
    if (text === "fail") throw new Error("as asked");
    await this.layer.groupSend("all", { type: "chat.message", text });
  }

  chat_message() {
    this.send("x".repeat(1_000));
    this.send("y".repeat(1_000));
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/", Talkative)]) });
const quiet = { info() {}, warn() {}, error() {} };

/** Everything published on a channel while `work` runs. */
async function heard(channel: string, work: () => Promise<void>): Promise<Record<string, unknown>[]> {
  const facts: Record<string, unknown>[] = [];
  const keep = (fact: unknown): void => void facts.push(fact as Record<string, unknown>);
  subscribe(channel, keep);
  try {
    await work();
    await until(() => facts.length > 0);
  } finally {
    unsubscribe(channel, keep);
  }
  return facts;
}

/** A connection that is accepted, is sent an event, fails, overflows its outbox, and ends. */
async function life(): Promise<void> {
  await using server = await serve(app, {
    port: 0,
    layer: new InMemoryChannelLayer(),
    logger: quiet,
    limits: { maxOutboxBytes: 1_500 },
    onError: () => "keep",
  });
  await using peer = await connect(server.port);
  peer.send("fail");
  peer.send("hello");
  await peer.end;
}

describe("docs/reference/diagnostics.md", () => {
  test.each(rowsUnder(/^Channels$/).filter(([channel]) => channel.startsWith("`solent:")))(
    "tells the fields of %s",
    async (channel, _when, fields) => {
      const [fact = {}] = await heard(channel.replaceAll("`", ""), life);
      // What may be missing stands behind "and".
      const [always = "", sometimes = ""] = fields.split(", and ");
      expect(Object.keys(fact)).toEqual(expect.arrayContaining(names(always)));
      expect([...names(always), ...names(sometimes)]).toEqual(expect.arrayContaining(Object.keys(fact)));
    },
  );

  test("has all five channels", () => {
    const channels = rowsUnder(/^Channels$/).filter(([channel]) => channel.startsWith("`solent:"));
    expect(channels).toHaveLength(5);
  });

  test("has a line for every count of a layer", async () => {
    await using layer = new InMemoryChannelLayer();
    const counts = rowsUnder(/^Counts of a layer$/).flatMap(([count]) => names(count));
    expect(counts.toSorted()).toEqual(Object.keys(layer.stats()).toSorted());
  });
});
