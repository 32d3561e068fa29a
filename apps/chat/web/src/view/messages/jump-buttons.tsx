import { DownIcon, UpIcon } from "../controls/icons.tsx";
import { unreadCount } from "../unread-count.ts";

/** Where one may jump. */
export interface JumpButtonsProps {
  readonly isBehind: boolean;
  readonly isNewAbove: boolean;
  readonly unread: number;
  readonly onEnd: () => void;
  readonly onNew: () => void;
}

/** The ways to what is new: up to where it begins, and down to its end. */
export function JumpButtons({ isBehind, isNewAbove, unread, onEnd, onNew }: JumpButtonsProps) {
  return (
    <>
      {isNewAbove && (
        <button type="button" className="button-jump" data-to="new" onClick={onNew}>
          <UpIcon />
          Jump to the first new message
        </button>
      )}
      {isBehind && (
        <button type="button" className="button-jump" data-to="end" onClick={onEnd}>
          <DownIcon />
          {unread === 0 ? "Jump to the newest" : `${unreadCount(unread)} new ${unread === 1 ? "message" : "messages"}`}
        </button>
      )}
    </>
  );
}
