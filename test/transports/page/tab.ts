import { contract, path, ProtocolTypeRouter, type Received, URLRouter, WebSocketConsumer } from "@solent/core";
import { z } from "zod";

export const tab = contract({
  toServer: { ask: { data: z.object({ text: z.string() }), reply: z.array(z.string()) } },
  toClient: { told: z.object({ text: z.string() }) },
  events: { "tabs.told": { forward: "told" } },
});

/** Tells all tabs what one of them says, and answers how it got here and with which cookies. */
class Tab extends WebSocketConsumer.of(tab) {
  all = this.group("tabs");

  override async connect() {
    await this.all.join();
    return this.accept();
  }
  override async receive(frame: Received<typeof tab>) {
    await this.all.send("tabs.told", frame.data);
    frame.reply([this.connection.transport, String(this.scope.headers["cookie"] ?? "no cookie")]);
  }
}

/** The consumer at `/tab`, and whatever else is served beside it. */
export function tabs(http: ProtocolTypeRouter["http"]): ProtocolTypeRouter {
  return new ProtocolTypeRouter({ http, websocket: new URLRouter([path("/tab", Tab)]) });
}
