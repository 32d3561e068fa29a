import { randomBytes } from "node:crypto";
import { type Added, signedSession } from "@solent/core";

export const session = signedSession({
  secret: process.env["SESSION_SECRET"] ?? randomBytes(32), // made up: a restart signs everybody out
  load: (name) => ({ name }), // the id that was issued; here it is the name itself
  secure: process.env["HTTPS"] === "1", // not while we build, on http://localhost
});

export type Authenticated = Added<typeof session>; // { readonly user: { name: string } }
