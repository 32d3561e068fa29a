// Free of zod, as limits.ts: the page spells names as the server does.

/** One spelling of what looks the same: full-width letters, several blanks. */
export function tidyName(name: string): string {
  return name.normalize("NFKC").trim().replace(/\s+/gu, " ");
}

/** A room's name as it stands in its address: lower case, single hyphens for blanks. */
export function roomSlug(name: string): string {
  return tidyName(name)
    .toLowerCase()
    .replace(/[\s_-]+/gu, "-");
}

/** Letters and digits of any script, with single hyphens between. */
export const roomPattern: RegExp = /^[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*$/u;
