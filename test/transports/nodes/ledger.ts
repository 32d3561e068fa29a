import { contract, type EventOf, path, type Received, URLRouter, WebSocketConsumer } from "@solent/core";
import { z } from "zod";

const entry = z.object({ n: z.number() });

export const ledger = contract({
  toServer: { add: { data: entry, reply: z.object({ node: z.number() }) } },
  toClient: { added: entry },
  events: { "ledger.added": entry },
});

/** Writes down for all who look on what one of them adds, and answers which process has done so. */
class Ledger extends WebSocketConsumer.of(ledger) {
  all = this.group("ledger");

  override async connect() {
    await this.all.join();
    return this.accept();
  }
  override async receive(frame: Received<typeof ledger>) {
    await this.all.send("ledger.added", frame.data);
    frame.reply({ node: process.pid });
  }
  ledger_added(event: EventOf<typeof ledger, "ledger.added">) {
    this.send("added", event);
  }
}

export const routes: URLRouter = new URLRouter([path("/ledger", Ledger)]);
