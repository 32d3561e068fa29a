import { randomBytes } from "node:crypto";
import { z } from "zod";
import { personName } from "../contract/words.ts";

/** What the chat is told from outside. */
export interface Config {
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
  /** The name that may announce to everybody. */
  readonly adminName: string;
  /** Signs the session cookies. */
  readonly secret: string;
  /** Whether browsers reach it over HTTPS, through a proxy. */
  readonly isHttps: boolean;
}

const environment = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().max(65_535))
    .default(8_000),
  CHAT_ADMIN: personName.default("admin"),
  CHAT_SECRET: z.string().min(32).optional(),
  CHAT_HTTPS: z.enum(["0", "1"]).default("0"),
});

const rules: Readonly<Record<keyof z.infer<typeof environment>, string>> = {
  PORT: "it is a whole number from 0 to 65535",
  CHAT_ADMIN: "it is a name of 1 to 24 characters that one can see",
  CHAT_SECRET: "it has at least 32 characters; leave it out to make one up at every start",
  CHAT_HTTPS: "it is 1 when browsers come over HTTPS, else 0",
};

/**
 * Reads the configuration from environment variables. An empty variable counts as absent.
 *
 * @throws {Error} one line for each variable that is wrong, with the rule. Values are not repeated: one is a secret.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.keys(rules).map((name) => [name, env[name] === "" ? undefined : env[name]]));
  const result = environment.safeParse(given);
  if (!result.success) {
    const names = new Set(result.error.issues.map(({ path: [name] }) => String(name)));
    throw new Error([...names].map((name) => `${name} is wrong: ${rules[name as keyof typeof rules]}.`).join("\n"));
  }
  const { PORT, CHAT_ADMIN, CHAT_SECRET, CHAT_HTTPS } = result.data;
  return {
    port: PORT,
    adminName: CHAT_ADMIN,
    secret: CHAT_SECRET ?? randomBytes(32).toString("base64url"),
    isHttps: CHAT_HTTPS === "1",
  };
}
