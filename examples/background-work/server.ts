import {
  ChannelConsumer,
  ChannelNameRouter,
  contract,
  type EventOf,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type Received,
  runWorker,
  SolentError,
  URLRouter,
  WebSocketConsumer,
  type Worker,
} from "@solent/core";
import { z } from "zod";
import { countPrimes } from "./count-primes.ts";

const below = z.int().min(2).max(2_000_000);
const counted = z.object({ below, count: z.int() });

const primes = contract({
  toServer: { count: z.object({ below }) },
  toClient: { queued: z.object({ below }), counted, busy: {} },
  events: { "primes.counted": counted },
});

/** Hands a job to whoever reads the channel "primes", and goes on with the next frame at once. */
class Asker extends WebSocketConsumer.of(primes) {
  override async receive({ data }: Received<typeof primes>) {
    try {
      await this.layer.send("primes", { type: "primes.count", below: data.below, replyTo: this.channelName });
      this.send("queued", data);
    } catch (error) {
      if (!SolentError.is(error, "CHANNEL_FULL")) throw error;
      this.send("busy");
    }
  }
  primes_counted(event: EventOf<typeof primes, "primes.counted">) {
    this.send("counted", event);
  }
}

/** Works through the channel, one job at a time. In production it is a process of its own. */
class PrimeWorker extends ChannelConsumer {
  async primes_count({ below, replyTo }: { below: number; replyTo: string }) {
    const count = await countPrimes(below, this.signal);
    try {
      await this.layer.send(replyTo, { type: "primes.counted", below, count });
    } catch (error) {
      // Who asked has left meanwhile.
      if (!SolentError.is(error, "CHANNEL_UNREACHABLE")) throw error;
    }
  }
}

export const layer = new InMemoryChannelLayer({ channelCapacity: { primes: 20 } });

let worker: Worker | undefined;

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/ask", Asker)]),
  channel: new ChannelNameRouter({ primes: PrimeWorker }),
  lifespan: {
    startup: () => {
      worker = runWorker(app, { layer, channels: ["primes"] });
    },
    shutdown: () => worker?.close(),
  },
});
