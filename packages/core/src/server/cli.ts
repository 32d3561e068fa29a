#!/usr/bin/env node
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Application } from "../connection/application.ts";
import { asyncApi } from "../routing/async-api.ts";
import { listRoutes } from "../routing/list-routes.ts";

const usage = `usage: solent routes MODULE [EXPORT]     lists the routes of an application
       solent asyncapi MODULE [EXPORT]   describes its messages as an AsyncAPI 3.0.0 document

MODULE is the file that exports the application, EXPORT its name there (default: app).
`;

/** Runs one command. @returns the exit status. */
async function run([command, file, name = "app"]: readonly string[]): Promise<number> {
  if ((command !== "routes" && command !== "asyncapi") || file === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const module = (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>;
  const app = module[name] ?? module["default"];
  if (typeof app !== "object" || app === null || !("handle" in app)) {
    process.stderr.write(`solent: ${file} exports no application called "${name}"\n`);
    return 1;
  }
  process.stdout.write(
    command === "routes" ? routesText(app as Application<never>) : documentText(app as Application<never>),
  );
  return 0;
}

function routesText(app: Application<never>): string {
  const rows = listRoutes(app);
  const widths = ["protocol", "pattern"].map((key) => Math.max(...rows.map((row) => row[key as "pattern"].length), 0));
  return rows
    .map(
      ({ protocol, pattern, target }) =>
        `${protocol.padEnd(widths[0] ?? 0)}  ${pattern.padEnd(widths[1] ?? 0)}  ${target}\n`,
    )
    .join("");
}

function documentText(app: Application<never>): string {
  return `${JSON.stringify(asyncApi(app, { title: "Solent application", version: "1.0.0" }), undefined, 2)}\n`;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`solent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
