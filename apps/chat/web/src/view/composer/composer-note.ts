/** How many characters before the limit the box begins to count. */
const countFrom = 200;

/** How it stands with what is being written. */
export interface Writing {
  /** Characters that may still be added. */
  readonly left: number;
  readonly isLive: boolean;
  readonly isEditing: boolean;
}

/** What is said below the box; nothing when all is well. */
export function noteFor({ left, isLive, isEditing }: Writing): string {
  if (left < 0) return `${-left} characters too many`;
  if (!isLive) return isEditing ? "You can save this when you are live again." : "It is sent when you are live again.";
  return left <= countFrom ? `${left} characters left` : "";
}
