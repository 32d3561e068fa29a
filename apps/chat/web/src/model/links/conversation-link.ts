import type { Marks } from "../../../../contract/direct.ts";
import type { Line, Page, PageRequest } from "../../../../contract/words.ts";

/** How long a message that was sent waits for its confirmation, before it counts as failed. */
export const sayTimeoutMs = 20_000;

/**
 * What the page can ask of one conversation on the server, be it a room or a person.
 *
 * The promises reject with a `ClientError`, as calls of `@solent/client` do.
 */
export interface ConversationLink {
  say(message: { readonly clientId: string; readonly text: string }): Promise<Line>;
  edit(change: { readonly id: number; readonly text: string }): Promise<Line>;
  delete(line: { readonly id: number }): Promise<Line>;
  history(request: PageRequest): Promise<Page>;
  /** Tells how far one has come. A room has no `deliveredTo`. */
  mark(marks: Partial<Marks>): void;
  typing(): void;
}
