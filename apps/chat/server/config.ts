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
  /** Where the database is: the path of a file, `":memory:"`, or the address of a Postgres. */
  readonly database: string;
  /** The address of the Redis that joins several nodes; `undefined` for one node alone. */
  readonly redis: string | undefined;
  /** What begins the names of everything in Redis. */
  readonly redisPrefix: string;
  /** What this node is called. */
  readonly node: string;
  /** How many nodes the command runs. */
  readonly nodes: number;
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

/** Nodes that one command runs at most. */
const maxNodes = 64;

const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(8_000),
  CHAT_DATABASE: z.string().max(4_096).default(defaultDatabaseFile),
  CHAT_REDIS: redisAddress().optional(),
  REDIS_URL: redisAddress().optional(),
  CHAT_REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .default("chat"),
  CHAT_NODE: z
    .string()
    .regex(/^[\w.-]{1,32}$/)
    .default("node-1"),
  CHAT_NODES: wholeNumber(1, maxNodes).default(1),
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
  CHAT_DATABASE: "set it to the path of a file, or to postgres://user:password@host/database",
  CHAT_REDIS: "set it to redis://host:port or rediss://host:port",
  REDIS_URL: "set it to redis://host:port or rediss://host:port, or set CHAT_REDIS",
  CHAT_REDIS_PREFIX: "set it to 1 to 64 letters, digits, hyphens, underscores, dots and colons",
  CHAT_NODE: "set it to a name of 1 to 32 letters, digits, hyphens, underscores and dots",
  CHAT_NODES: `set it to a whole number from 1 to ${maxNodes}, as --nodes does`,
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
  if (data.CHAT_NODES > 1 && data.CHAT_DATABASE === ":memory:") {
    throw new Error("CHAT_DATABASE is wrong: several nodes share a file or a Postgres, and no database in memory.");
  }
  return {
    port: data.PORT,
    database: data.CHAT_DATABASE,
    redis: data.CHAT_REDIS ?? data.REDIS_URL,
    redisPrefix: data.CHAT_REDIS_PREFIX,
    node: data.CHAT_NODE,
    nodes: data.CHAT_NODES,
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

function redisAddress() {
  return z
    .string()
    .max(4_096)
    .refine((address) => URL.canParse(address) && /^rediss?:$/.test(new URL(address).protocol));
}
