import {
  HttpConsumer,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type RequestBody,
  URLRouter,
} from "@solent/core";
import { z } from "zod";
import { ChatConsumer } from "../group-chat-contract/server.ts";
import { Mailboxes } from "./mailboxes.ts";

const name = z.string().regex(/^[\w-]{1,30}$/);
const letter = z.object({ from: name, text: z.string().trim().min(1).max(500) });
const mailboxes = new Mailboxes<z.output<typeof letter>>();

/** A queue per user. A request for it is held until there is something in it, up to 30 s. */
class Mailbox extends HttpConsumer {
  readonly #owner = this.params["user"] ?? "";
  readonly #after = Number(new URLSearchParams(this.scope.queryString).get("after"));

  override async handle(body: RequestBody) {
    if (!name.safeParse(this.#owner).success) return this.sendResponse(404, "That is nobody's name.\n");
    const group = this.group(`mailbox.${this.#owner}`);
    if (this.scope.method === "POST") {
      const { data, error } = letter.safeParse(await body.json());
      if (error !== undefined) return this.sendResponse(400, z.prettifyError(error));
      mailboxes.put(this.#owner, data);
      await group.send("mailbox.filled");
      return this.sendResponse(204);
    }
    await group.join();
    // In this order: what is put there from now on is told, and what was there before is seen.
    return this.#answer() ?? this.keepOpen({ timeoutMs: 30_000 });
  }

  mailbox_filled() {
    this.#answer();
  }

  #answer() {
    const letters = mailboxes.since(this.#owner, this.#after);
    return letters.length === 0 ? undefined : this.sendJson(200, letters);
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  http: new URLRouter([path("/mailbox/:user", Mailbox)]),
  websocket: new URLRouter([path("/rooms/:room", ChatConsumer)]),
});
