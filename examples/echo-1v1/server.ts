import { contract, InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { z } from "zod";

/** The first consumer: whatever arrives goes back to where it came from. */
class Echo extends WebSocketConsumer {
  override connect() {
    return this.accept();
  }
  override receive(text: string) {
    this.send(text);
  }
  override disconnect({ code }: { code: number }) {
    console.log(`an echo ended with ${code}`);
  }
}

const name = z.string().regex(/^[\w-]{1,30}$/);
const line = z.object({ from: z.string(), text: z.string() });

const pair = contract({
  params: z.object({ me: name, other: name }),
  toServer: { say: z.object({ text: z.string().trim().min(1).max(500) }) },
  toClient: { said: line },
  events: { "pair.line": { forward: "said" } },
});

/** 1v1: two people share a group that nobody else can name. Forwarded events need no handler. */
class Pair extends WebSocketConsumer.of(pair) {
  // Sorted, so that both ends come to the same name. A dot is in nobody's name, so no two pairs share one.
  both = this.group(`pair.${[this.params.me, this.params.other].sort().join(".")}`);

  override async connect() {
    await this.both.join();
    return this.accept();
  }
  override async receive({ data }: { data: { text: string } }) {
    await this.both.send("pair.line", { from: this.params.me, text: data.text });
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/echo", Echo), path("/pair/:me/:other", Pair)]),
});
