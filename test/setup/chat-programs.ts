import { systemProgram } from "../../scripts/system-program.mjs";

/**
 * vitest global setup of the chat's tests: finds or installs what its tests on several nodes need.
 *
 * Here, one after the other: two test files that install at the same time are in each other's way.
 */
export function setup(): void {
  for (const program of ["redis-server", "postgres", "haproxy"]) systemProgram(program);
}
