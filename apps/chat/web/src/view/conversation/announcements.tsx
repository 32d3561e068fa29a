import type { Announcement } from "../../../../contract/site.ts";
import { IconButton } from "../controls/icon-button.tsx";
import { CloseIcon, MegaphoneIcon } from "../controls/icons.tsx";
import { timeOf } from "../controls/time.ts";

/** What is announced, and how it is taken away. */
export interface AnnouncementsProps {
  readonly announcements: readonly Announcement[];
  readonly onDismiss: (id: number) => void;
}

/** What the admin told everybody, until one has read it. */
export function Announcements({ announcements, onDismiss }: AnnouncementsProps) {
  return (
    <section className="announcements" role="log" aria-label="Announcements" aria-live="assertive">
      {announcements.map(({ id, from, text, at }) => (
        <article key={id} className="announcement">
          <MegaphoneIcon />
          <div>
            <p className="announcement-from">
              <strong>{from}</strong> to everybody, {timeOf(at)}
            </p>
            <p className="announcement-text">{text}</p>
          </div>
          <IconButton label="Dismiss the announcement" onClick={() => onDismiss(id)}>
            <CloseIcon />
          </IconButton>
        </article>
      ))}
    </section>
  );
}
