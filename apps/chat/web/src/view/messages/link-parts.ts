import { tokenize } from "linkifyjs";

/** A part of a text: a link if it has an address. */
export interface TextPart {
  /** Where it begins in the text. */
  readonly start: number;
  readonly content: string;
  readonly href?: string;
}

const safeProtocols: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/** Splits a text at its links. Only addresses that cannot run anything are links. */
export function partsOf(text: string): readonly TextPart[] {
  return tokenize(text).map((token) => {
    const part = { start: token.startIndex(), content: token.toString() };
    if (!token.isLink) return part;
    const href = token.toHref("https");
    return isSafe(href) ? { ...part, href } : part;
  });
}

function isSafe(href: string): boolean {
  try {
    return safeProtocols.has(new URL(href).protocol);
  } catch {
    return false;
  }
}
