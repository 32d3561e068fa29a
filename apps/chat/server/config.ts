import { fileURLToPath } from "node:url";
import { z } from "zod";
import { limits } from "../contract/limits.ts";
import { personName } from "../contract/words.ts";
import { defaultPasswordCost, type PasswordCost } from "./accounts/password.ts";
import { type LogLevel, logLevels } from "./log.ts";

/** What the chat is told from outside. */
export interface Config {
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
  /** The file of the database, or `":memory:"`. */
  readonly databaseFile: string;
  /** The name that may announce to everybody. */
  readonly adminName: string;
  /** The admin's password from now on; `undefined` leaves it as it is. */
  readonly adminPassword: string | undefined;
  /** Signs the session cookies; `undefined` for one that is kept in the database. */
  readonly secret: string | undefined;
  /** Whether browsers reach it over HTTPS, through a proxy. */
  readonly isHttps: boolean;
  /** How many proxies in front of it add to X-Forwarded-For. */
  readonly proxies: number;
  readonly logLevel: LogLevel;
  /** Accounts that may be made from one address in an hour. */
  readonly signUpsPerHour: number;
  readonly passwordCost: PasswordCost;
}

const defaultDatabaseFile = fileURLToPath(new URL("../data/chat.sqlite", import.meta.url));

const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(8_000),
  CHAT_DATABASE: z.string().max(4_096).default(defaultDatabaseFile),
  CHAT_ADMIN: personName.default("admin"),
  CHAT_ADMIN_PASSWORD: z.string().min(limits.minPassword).max(limits.maxPassword).optional(),
  CHAT_SECRET: z.string().min(32).optional(),
  CHAT_HTTPS: z.enum(["0", "1"]).default("0"),
  CHAT_PROXIES: wholeNumber(0, 10).default(0),
  CHAT_SIGN_UPS_PER_HOUR: wholeNumber(1, 1_000_000).default(30),
  CHAT_LOG_LEVEL: z.enum(logLevels).default("info"),
});

const rules: Readonly<Record<keyof z.infer<typeof environment>, string>> = {
  PORT: "set it to a whole number from 0 to 65535",
  CHAT_DATABASE: "set it to the path of a file",
  CHAT_ADMIN: `set it to a name of 1 to ${limits.personName} characters that one can see`,
  CHAT_ADMIN_PASSWORD: `set it to ${limits.minPassword} to ${limits.maxPassword} characters, or leave it out to keep the password there is`,
  CHAT_SECRET: "set it to at least 32 characters, or leave it out for one that is made up and kept in the database",
  CHAT_HTTPS: "set it to 1 when browsers come over HTTPS, else to 0",
  CHAT_PROXIES: "set it to the number of proxies in front, from 0 to 10",
  CHAT_SIGN_UPS_PER_HOUR: "set it to a whole number from 1 to 1000000",
  CHAT_LOG_LEVEL: `set it to one of ${logLevels.join(", ")}`,
};

/**
 * Reads the configuration from environment variables. An empty variable counts as absent.
 *
 * @throws {Error} one line for each variable that is wrong, with the rule. Values are not repeated: some are secrets.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.keys(rules).map((name) => [name, env[name] === "" ? undefined : env[name]]));
  const result = environment.safeParse(given);
  if (!result.success) {
    const names = new Set(result.error.issues.map(({ path: [name] }) => String(name)));
    throw new Error([...names].map((name) => `${name} is wrong: ${rules[name as keyof typeof rules]}.`).join("\n"));
  }
  const { data } = result;
  return {
    port: data.PORT,
    databaseFile: data.CHAT_DATABASE,
    adminName: data.CHAT_ADMIN,
    adminPassword: data.CHAT_ADMIN_PASSWORD,
    secret: data.CHAT_SECRET,
    isHttps: data.CHAT_HTTPS === "1",
    proxies: data.CHAT_PROXIES,
    signUpsPerHour: data.CHAT_SIGN_UPS_PER_HOUR,
    logLevel: data.CHAT_LOG_LEVEL,
    passwordCost: defaultPasswordCost,
  };
}

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
}
