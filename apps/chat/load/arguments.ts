import { parseArgs } from "node:util";
import { limits } from "../contract/limits.ts";

/** What the load test is asked for. */
export interface LoadOptions {
  readonly people: number;
  readonly rooms: number;
  /** Messages a second, over all rooms. */
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** The chat that is tested; `undefined` for one of its own. */
  readonly url: string | undefined;
}

/** What may be typed. */
export const usage = `pnpm chat:load [--people 500] [--rooms 20] [--rate 200] [--seconds 10] [--url http://…]

  --people   how many are there, each in two rooms
  --rooms    among how many rooms
  --rate     messages a second, over all
  --seconds  for how long
  --url      a chat that runs, started with CHAT_SIGN_UPS_PER_HOUR of at least --people; without it one is started.
             Its accounts, rooms and messages stay there: do not take one that people use.`;

const mostPeople = 5_000;
const mostSeconds = 600;
/** Every delivery is kept until the end, to count it. */
const mostDeliveries = 10_000_000;
/** The chat closes connections that say more; the rest of what it allows is for reading marks and the like. */
const mostPerPersonAndSecond = 3;

/** In how many rooms each person is. */
export function roomsPerPerson(rooms: number): number {
  return Math.min(2, rooms);
}

/**
 * Reads the arguments of the command line.
 *
 * @returns nothing when help was asked for.
 * @throws {Error} one sentence that says what is wrong.
 */
export function readArguments(args: readonly string[]): LoadOptions | undefined {
  const { values } = parseArgs({
    // pnpm hands on a `--` that was meant for it.
    args: args[0] === "--" ? args.slice(1) : [...args],
    options: {
      people: { type: "string", default: "500" },
      rooms: { type: "string", default: "20" },
      rate: { type: "string", default: "200" },
      seconds: { type: "string", default: "10" },
      url: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return undefined;
  const options = {
    people: wholeNumber("--people", values.people, { least: 2, most: mostPeople }),
    rooms: wholeNumber("--rooms", values.rooms, { least: 1, most: limits.rooms }),
    ratePerSecond: wholeNumber("--rate", values.rate, { least: 1, most: mostPeople * mostPerPersonAndSecond }),
    seconds: wholeNumber("--seconds", values.seconds, { least: 1, most: mostSeconds }),
    url: values.url === undefined ? undefined : origin(values.url),
  };
  checkSizes(options);
  return options;
}

function wholeNumber(option: string, text: string, range: { readonly least: number; readonly most: number }): number {
  const { least, most } = range;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${option} is ${text}: it is a whole number from ${least} to ${most}.`);
}

function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/") return url.origin;
  throw new Error(`--url is ${text}: it is the address of a chat's page, such as http://localhost:8000.`);
}

function checkSizes({ people, rooms, ratePerSecond, seconds }: LoadOptions): void {
  if (rooms > people) throw new Error(`--rooms is ${rooms} for ${people} people: each makes at most one.`);
  const mostPerSecond = people * mostPerPersonAndSecond;
  if (ratePerSecond > mostPerSecond)
    throw new Error(
      `--rate is ${ratePerSecond} for ${people} people: at most ${mostPerSecond}, ${mostPerPersonAndSecond} a second for each.`,
    );
  const members = Math.ceil((people * roomsPerPerson(rooms)) / rooms);
  if (members > limits.members)
    throw new Error(`That makes ${members} members a room, and a room takes ${limits.members}: ask for more --rooms.`);
  const deliveries = ratePerSecond * seconds * members;
  if (deliveries > mostDeliveries)
    throw new Error(`That makes ${deliveries} deliveries, and at most ${mostDeliveries} are counted: ask for less.`);
}
