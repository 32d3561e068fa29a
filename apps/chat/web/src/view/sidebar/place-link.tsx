import type { ReactNode } from "react";
import { keyOf, type Place } from "../../model/place.ts";
import { useChat } from "../chat-context.ts";
import { addressOf } from "../place-address.ts";
import { unreadCount } from "../unread-count.ts";

/** A way to a conversation. */
export interface PlaceLinkProps {
  readonly place: Place;
  /** What stands before the name. */
  readonly mark: ReactNode;
  /** What stands behind it, unless something is unread. */
  readonly note?: ReactNode;
  /** Whether one takes part in it. */
  readonly isIn: boolean;
}

/** A link to a conversation, with how much in it is unread. */
export function PlaceLink({ place, mark, note, isIn }: PlaceLinkProps) {
  const { open, conversations } = useChat().state;
  const conversation = conversations.get(keyOf(place));
  const unread = conversation?.unread ?? 0;
  const isOpen = open !== undefined && keyOf(open) === keyOf(place);
  const hasDraft = !isOpen && conversation !== undefined && conversation.draft.trim() !== "";
  const hasFailed = conversation?.pending.some(({ state }) => state === "failed") === true;
  return (
    <a
      href={addressOf(place)}
      className="place-link"
      aria-current={isOpen ? "page" : undefined}
      data-in={isIn}
      data-unread={unread > 0}
    >
      {mark}
      <span className="place-name">{place.name}</span>
      {hasFailed && <span className="place-note place-failed">not sent</span>}
      {hasDraft && !hasFailed && <span className="place-note">draft</span>}
      {unread === 0 && note}
      {unread > 0 && (
        <span className="unread">
          {unreadCount(unread)}
          <span className="only-heard"> unread</span>
        </span>
      )}
    </a>
  );
}
