import { systemProgram } from "../../scripts/system-program.mjs";

/**
 * vitest global setup of the projects that open a browser: finds or installs Chromium once, before the workers start.
 *
 * The workers read the path from `CHROMIUM_PATH`.
 */
export function setup(): void {
  process.env["CHROMIUM_PATH"] = systemProgram("chromium");
}
