/** Where Solent writes what an operator must know; `pino` loggers fit as they are. */
export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Writes warnings and errors to the console, and leaves information out. */
export const consoleLogger: Logger = {
  info: () => {},
  warn: (fields, message) => console.warn(`solent: ${message}`, fields),
  error: (fields, message) => console.error(`solent: ${message}`, fields),
};
