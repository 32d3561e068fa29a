import type { Line } from "../../../contract/words.ts";
import { CloseIcon, MegaphoneIcon } from "./icons.tsx";
import { timeOf } from "./time.ts";

/** What is announced, and how it is taken away. */
export interface AnnouncementsProps {
  readonly lines: readonly Line[];
  readonly onDismiss: (id: string) => void;
}

/** What the admin told everybody, until one has read it. */
export function Announcements({ lines, onDismiss }: AnnouncementsProps) {
  return (
    <section className="announcements" role="log" aria-label="Announcements" aria-live="assertive">
      {lines.map(({ id, from, text, at }) => (
        <article key={id} className="announcement">
          <MegaphoneIcon />
          <div>
            <p className="announcement-from">
              <strong>{from}</strong> to everybody, {timeOf(at)}
            </p>
            <p className="announcement-text">{text}</p>
          </div>
          <button
            type="button"
            className="button-icon"
            onClick={() => onDismiss(id)}
            aria-label="Dismiss the announcement"
          >
            <CloseIcon />
          </button>
        </article>
      ))}
    </section>
  );
}
