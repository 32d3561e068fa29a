import type { User } from "../database/tables.ts";
import { type Answer, problem } from "../http/answer.ts";
import type { ChatLog } from "../log.ts";
import type { Accounts } from "./accounts.ts";
import { PasswordsBusy } from "./password.ts";
import { nameKey } from "./person.ts";
import type { Sessions } from "./sessions.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

/** What signing in is made of. */
export interface SignInParts {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly signInLimits: SignInLimits;
  readonly log: ChatLog;
}

/** What somebody who wants to come in gives, and from where. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly address: string;
}

/** Somebody came in, or gets this answer. */
export type SignInResult =
  | { readonly account: User; readonly token: string; readonly isNew: boolean }
  | { readonly refused: Answer };

/** How signing in goes: a name that is known needs its password, one that is not becomes an account. */
export class SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /** Looks at one attempt: within the limits, begins a session or says why not. */
  async attempt(given: Credentials): Promise<SignInResult> {
    const { signInLimits, log } = this.#parts;
    const attempt = { name: nameKey(given.name), address: given.address };
    const about = { name: given.name, address: given.address };
    const waitMs = await signInLimits.begin(attempt);
    if (waitMs > 0) {
      log.warn(about, "a sign-in was refused: too many failures");
      return { refused: tooMany("That was wrong too often. Try again", waitMs) };
    }
    try {
      const result = await this.#come(given);
      if ("account" in result) await signInLimits.succeed(attempt);
      return result;
    } catch (error) {
      await signInLimits.giveBack(attempt);
      if (!(error instanceof PasswordsBusy)) throw error;
      log.warn(about, "a sign-in was refused: too many wait");
      return { refused: problem(503, "Many people come in at the moment. Try again soon.", { "retry-after": "5" }) };
    }
  }

  async #come({ name, password, address }: Credentials): Promise<SignInResult> {
    const { accounts, sessions, signInLimits, log } = this.#parts;
    let account = await accounts.find(name);
    if (account === undefined) {
      const waitMs = await signInLimits.signUp(address);
      if (waitMs > 0) {
        log.warn({ name, address }, "a sign-up was refused: too many from this address");
        return { refused: tooMany("Too many accounts were made from where you are. Try again", waitMs) };
      }
      const made = await accounts.create(name, password);
      if (made !== undefined) {
        log.info({ name, address, userId: made.id }, "signed up");
        return { account: made, token: await sessions.begin(made.id), isNew: true };
      }
      // Somebody took the name meanwhile.
      account = await accounts.find(name);
    }
    if (account === undefined || !(await accounts.hasPassword(account, password))) {
      log.warn({ name, address }, "a sign-in was refused: wrong password");
      return { refused: problem(401, `“${account?.name ?? name}” has another password.`) };
    }
    log.info({ name, address, userId: account.id }, "signed in");
    return { account, token: await sessions.begin(account.id), isNew: false };
  }
}

function tooMany(why: string, waitMs: number): Answer {
  const seconds = Math.ceil(waitMs / 1_000);
  const minutes = Math.ceil(seconds / 60);
  return problem(429, `${why} in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`, {
    "retry-after": String(seconds),
  });
}
