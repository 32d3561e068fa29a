/** One event of `text/event-stream`. */
export interface StreamEvent {
  /** `""` for a message. */
  readonly name: string;
  readonly data: string;
}

/**
 * Reads the events that Solent writes out of a text that arrives in pieces.
 *
 * The part of the format (HTML standard, "Server-sent events") that the server uses: `event` and `data` in one line each, and
 * comments.
 */
export class EventStreamReader {
  #rest = "";

  /** The events that are complete with this piece. */
  read(piece: string): StreamEvent[] {
    const blocks = (this.#rest + piece).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      let name = "";
      let data: string | undefined;
      for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) data = line.slice(6);
      }
      return data === undefined ? [] : [{ name, data }];
    });
  }
}
