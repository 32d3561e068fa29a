import { limits } from "../../../contract/limits.ts";
import { tidyName } from "../../../contract/spelling.ts";

/** What is wrong with each field, in words; empty where all is well. */
export interface SignInProblems {
  readonly name: string;
  readonly password: string;
}

/** All is well. */
export const noProblems: SignInProblems = Object.freeze({ name: "", password: "" });

/** Looks at what was filled in, before the server is asked. It decides in the end. */
export function problemsIn({ name, password }: { readonly name: string; readonly password: string }): SignInProblems {
  const isTooShort = password.length < limits.minPassword;
  if (tidyName(name) !== "" && !isTooShort) return noProblems;
  return {
    name: tidyName(name) === "" ? "Write your name." : "",
    password: isTooShort ? `A password has at least ${limits.minPassword} characters.` : "",
  };
}
