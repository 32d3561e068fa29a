// One node of a chaos run: does what the process that started it asks, and ends with it.
import { NodeTraffic } from "./node-traffic.ts";
import type { Request, Response } from "./protocol.ts";

const traffic = new NodeTraffic();

async function answer({ number, call, parameters }: Request): Promise<Response> {
  try {
    const perform = traffic[call] as (...parameters: readonly unknown[]) => Promise<unknown>;
    return { number, value: await perform.apply(traffic, [...parameters]) };
  } catch (error) {
    return { number, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on("message", (request: Request) => {
  void answer(request).then((response) => process.send?.(response));
});
process.once("disconnect", () => process.exit());
