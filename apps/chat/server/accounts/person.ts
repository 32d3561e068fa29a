import { tidyName } from "../../contract/spelling.ts";

/** Somebody who is signed in, in one session of theirs. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly isAdmin: boolean;
  /** Which sign-in this is: the row's id, and nothing that the cookie could be made from. */
  readonly session: string;
}

/** What is the same for every spelling of a name: the `nameKey` of the account. */
export function nameKey(name: string): string {
  // Lower case takes letters apart that NFKC puts together.
  return tidyName(name).toLowerCase().normalize("NFKC");
}
