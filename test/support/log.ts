import type { Logger } from "@solent/core";
import { until } from "./turns.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines, for tests about what an operator reads. */
export class Log implements Logger {
  readonly lines: LogLine[] = [];

  info(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "info", fields, message });
  }

  warn(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }

  error(fields: LogLine["fields"], message: string): void {
    this.lines.push({ level: "error", fields, message });
  }

  /** The lines about `text`. */
  about(text: string | RegExp): LogLine[] {
    return this.lines.filter(({ message }) => (typeof text === "string" ? message.includes(text) : text.test(message)));
  }

  /** Waits for the first line about `text`. */
  async line(text: string | RegExp): Promise<LogLine> {
    await until(() => this.about(text).length > 0);
    return this.about(text)[0] as LogLine;
  }
}
