import { systemProgram } from "../../scripts/system-program.mjs";

/**
 * vitest global setup of the projects with tests behind a proxy: finds or installs haproxy once, before the workers start.
 *
 * The workers read the path from `HAPROXY_PATH`.
 */
export function setup(): void {
  process.env["HAPROXY_PATH"] = systemProgram("haproxy");
}
