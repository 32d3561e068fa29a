import { memo } from "react";
import type { Line } from "../../../../contract/words.ts";
import type { Sending } from "../../model/conversation/sending.ts";
import type { Place } from "../../model/place.ts";
import { Avatar } from "../controls/avatar.tsx";
import { DeleteIcon, EditIcon, MoreIcon } from "../controls/icons.tsx";
import { Menu } from "../controls/menu.tsx";
import { dayOf, exactTimeOf, timeOf } from "../controls/time.ts";
import { Beginning } from "./beginning.tsx";
import { LinkedText } from "./linked-text.tsx";
import type { Progress, Row } from "./rows.ts";

/** A message, and what can be done with it. */
export interface MessageRowProps {
  readonly row: Row;
  /** The conversation that begins with it, if it does. */
  readonly beginning: Place | undefined;
  readonly sending: Sending;
  readonly onEdit: (line: Line) => void;
  readonly onDelete: (line: Line) => void;
}

/** One message with what stands above it: the day, what is new, who says it. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { row, beginning } = props;
  const { from, at, isOwn, beginsDay, beginsNew, beginsGroup, endsGroup } = row;
  return (
    <div className="row" data-own={isOwn} data-begins={beginsGroup} data-ends={endsGroup}>
      {beginning !== undefined && <Beginning conversation={beginning} />}
      {beginsDay && <Divider text={dayOf(at)} />}
      {beginsNew && <Divider text="New" isNew />}
      <article className="message" aria-label={`${isOwn ? "You" : from}, ${timeOf(at)}`}>
        {!isOwn && (beginsGroup ? <Avatar name={from} /> : <span className="avatar-gap" />)}
        <div className="message-body">
          {beginsGroup && (
            <p className="message-from">
              <strong>{isOwn ? "You" : from}</strong>{" "}
              <time dateTime={new Date(at).toISOString()} title={exactTimeOf(at)}>
                {timeOf(at)}
              </time>
            </p>
          )}
          <Bubble {...props} />
        </div>
      </article>
    </div>
  );
});

function Divider({ text, isNew = false }: { readonly text: string; readonly isNew?: boolean }) {
  return (
    <p className="day" data-new={isNew}>
      <span>{text}</span>
    </p>
  );
}

function Bubble({ row, sending, onEdit, onDelete }: MessageRowProps) {
  const { line, pending, text, at, isOwn, progress } = row;
  const isDeleted = line?.state === "deleted";
  return (
    <>
      <div className="bubble-line">
        {isOwn && line !== undefined && !isDeleted && (
          <Menu
            label="Message menu"
            className="button-icon message-menu"
            items={[
              { label: "Edit", icon: <EditIcon />, onSelect: () => onEdit(line) },
              { label: "Delete", icon: <DeleteIcon />, onSelect: () => onDelete(line), isDangerous: true },
            ]}
          >
            <MoreIcon />
          </Menu>
        )}
        <p
          className="bubble"
          data-pending={pending !== undefined}
          data-deleted={isDeleted}
          title={exactTimeOf(at)}
          dir="auto"
        >
          {isDeleted ? "This message was deleted" : <LinkedText text={text} />}
        </p>
      </div>
      {line?.state === "edited" && <p className="message-note">edited</p>}
      {pending?.state === "failed" && (
        <p className="message-note" data-problem="true" role="alert">
          Not sent. {pending.problem}
          <button type="button" className="button-link" onClick={() => sending.retry(pending.clientId)}>
            Retry
          </button>
          <button type="button" className="button-link" onClick={() => sending.discard(pending.clientId)}>
            Discard
          </button>
        </p>
      )}
      {progress !== undefined && progress !== "failed" && <p className="message-note">{progressWords[progress]}</p>}
    </>
  );
}

const progressWords: Readonly<Record<Exclude<Progress, "failed">, string>> = {
  waiting: "Waiting to be sent",
  sending: "Sending…",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
};
