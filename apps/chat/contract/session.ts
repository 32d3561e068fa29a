import { z } from "zod";

/** What every consumer hears about the sessions of its person; for the server alone. */
export const sessionEvents = {
  /** Signed out: this session, or all of them. */
  "session.ended": z.object({ session: z.string().optional() }),
};
