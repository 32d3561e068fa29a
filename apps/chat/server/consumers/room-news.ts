import type { ChannelLayer } from "@solent/core";
import { site } from "../../contract/site.ts";
import type { RoomInfo } from "../../contract/words.ts";
import { siteGroup } from "./group-names.ts";

/** How long a room is quiet after it was told of. */
const quietMs = 1_000;

/**
 * Tells every page about public rooms: what they are about, and how many people are there.
 *
 * At once, and then at most once a second for each room from each node, whatever happens there: a thousand people who come at the same
 * moment are two pieces of news, and not a thousand for each of a thousand pages.
 */
export class RoomNews {
  readonly #layer: ChannelLayer;
  readonly #find: (room: string) => Promise<RoomInfo | undefined>;
  /** The rooms that were told of in the last second, and whether there is more to tell. */
  readonly #quiet = new Map<string, { hasMore: boolean }>();

  /** @param find finds a public room as it is now; nothing for a private one, of which nobody is told. */
  constructor(layer: ChannelLayer, find: (room: string) => Promise<RoomInfo | undefined>) {
    this.#layer = layer;
    this.#find = find;
  }

  /** Tells that something about a room has changed: now, or when its second is over. */
  async tell(room: string): Promise<void> {
    const quiet = this.#quiet.get(room);
    if (quiet === undefined) {
      this.#beginQuiet(room);
      await this.#send(room);
    } else quiet.hasMore = true;
  }

  #beginQuiet(room: string): void {
    const quiet = { hasMore: false };
    this.#quiet.set(room, quiet);
    const end = (): void => {
      this.#quiet.delete(room);
      // It fails when the server has stopped meanwhile; otherwise the room's next news says the same.
      if (quiet.hasMore) void this.tell(room).catch(() => {});
    };
    setTimeout(end, quietMs).unref();
  }

  async #send(room: string): Promise<void> {
    const info = await this.#find(room);
    if (info !== undefined) await this.#layer.group(site, siteGroup).send("site.room", info);
  }
}
