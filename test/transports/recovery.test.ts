import { connect } from "@solent/client";
import { anySocket, type ConnectTransport } from "@solent/client/http";
import {
  contract,
  type EventMeta,
  type EventOf,
  InMemoryChannelLayer,
  path,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { serve } from "@solent/core/node";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

const feed = contract({
  toClient: {
    welcome: z.object({ recovered: z.boolean(), position: z.string().optional() }),
    line: z.object({ n: z.number(), position: z.string(), replayed: z.boolean() }),
  },
  events: { "feed.line": z.object({ n: z.number() }) },
});

class Feed extends WebSocketConsumer.of(feed) {
  override async connect() {
    const since = new URLSearchParams(this.scope.queryString).get("since") ?? undefined;
    const { recovered, position } = await this.group("feed.all").join({ since });
    const admission = this.accept();
    this.send("welcome", position === undefined ? { recovered } : { recovered, position });
    return admission;
  }

  feed_line({ n }: EventOf<typeof feed, "feed.line">, { position = "", replayed }: EventMeta) {
    this.send("line", { n, position, replayed });
  }
}

/** A page that remembers what it saw last, and says so whenever it connects. */
function page(url: string, transport: ConnectTransport) {
  const lines: number[] = [];
  const welcomes: boolean[] = [];
  let since: string | undefined;
  const remote = connect<typeof feed>(url, {
    WebSocket: anySocket({ transports: [transport], WebSocket }),
    reconnect: { minDelayMs: 10, maxDelayMs: 50 },
    query: () => ({ since }),
  });
  remote.on("welcome", ({ recovered, position }) => {
    welcomes.push(recovered);
    since ??= position;
  });
  remote.on("line", ({ n, position }) => {
    lines.push(n);
    since = position;
  });
  return { remote, lines, welcomes };
}

test.each<ConnectTransport>(["websocket", "sse", "stream", "poll"])(
  "over %s, a page that comes back is told what it missed, in order and once",
  async (transport) => {
    await using layer = new InMemoryChannelLayer({ history: { "feed.*": { messages: 100, ageMs: 60_000 } } });
    const app = new URLRouter([path("/feed", Feed)]);
    const options = { host: "127.0.0.1", layer, closeLayers: false };
    const say = async (from: number, to: number): Promise<void> => {
      for (let n = from; n <= to; n += 1) await layer.group(feed, "feed.all").send("feed.line", { n });
    };
    await say(1, 2);
    const first = await serve(app, { ...options, port: 0 });
    const { port } = first;
    const { remote, lines, welcomes } = page(`ws://127.0.0.1:${port}/feed`, transport);
    await expect.poll(() => welcomes, { timeout: 5000 }).toEqual([false]);
    await say(3, 5);
    await expect.poll(() => lines).toEqual([3, 4, 5]);
    await first.close();
    await say(6, 30);
    await using _second = await serve(app, { ...options, port });
    await expect.poll(() => welcomes, { timeout: 8000 }).toEqual([false, true]);
    await say(31, 33);
    await expect.poll(() => lines.length, { timeout: 5000 }).toBe(31);
    expect(lines).toEqual(Array.from({ length: 31 }, (_, i) => i + 3));
    remote.close();
    await remote.closed;
  },
);
