import { Avatar } from "../controls/avatar.tsx";
import type { Place } from "../../model/place.ts";

/** What stands where a conversation begins. */
export function Beginning({ conversation: { kind, name } }: { readonly conversation: Place }) {
  return (
    <div className="empty">
      {kind === "direct" ? (
        <Avatar name={name} />
      ) : (
        <span className="empty-mark" aria-hidden="true">
          #
        </span>
      )}
      <h3>{kind === "room" ? `This is the beginning of #${name}` : `Just you and ${name}`}</h3>
      <p>{kind === "room" ? "Say hello to whoever comes by." : "Nobody else can read what you write here."}</p>
    </div>
  );
}
