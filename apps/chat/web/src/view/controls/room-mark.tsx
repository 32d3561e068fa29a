import { LockIcon } from "./icons.tsx";

/** What stands before a room's name: a lock when it is private. */
export function RoomMark({ isPrivate }: { readonly isPrivate: boolean }) {
  if (!isPrivate) {
    return (
      <span className="place-mark" aria-hidden="true">
        #
      </span>
    );
  }
  return (
    <span className="place-mark" title="Private">
      <LockIcon />
      <span className="only-heard">Private: </span>
    </span>
  );
}
