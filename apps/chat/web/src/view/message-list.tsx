import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Conversation } from "../model/conversation.ts";
import { Avatar } from "./avatar.tsx";
import { DownIcon } from "./icons.tsx";
import { groupLines, type MessageGroup } from "./message-groups.ts";
import { dayOf, exactTimeOf, timeOf } from "./time.ts";

/** What was said, and to whom it is shown. */
export interface MessageListProps {
  readonly conversation: Conversation;
  readonly me: string;
}

/** How near the end counts as at the end, in pixels. */
const nearEnd = 80;

/** What was said, newest at the end. It follows new messages while one reads at the end, and stays put otherwise. */
export function MessageList({ conversation, me }: MessageListProps) {
  const { lines, pending, isLoaded } = conversation;
  const groups = useMemo(() => groupLines(lines), [lines]);
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [isBehind, setIsBehind] = useState(false);
  const isOwnLast = lines.at(-1)?.from === me;

  const toEnd = (): void => box.current?.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    if (isAtEnd.current || pending.length > 0 || isOwnLast) toEnd();
    else setIsBehind(true);
  }, [lines, pending, isOwnLast]);

  // A phone's keyboard, or a longer draft, takes room away from below.
  useLayoutEffect(() => {
    const watched = box.current;
    if (watched === null) return undefined;
    const observer = new ResizeObserver(() => isAtEnd.current && toEnd());
    observer.observe(watched);
    return () => observer.disconnect();
  }, []);

  const scrolled = (): void => {
    const { current } = box;
    if (current === null) return;
    isAtEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < nearEnd;
    if (isAtEnd.current) setIsBehind(false);
  };
  const isEmpty = isLoaded && lines.length === 0 && pending.length === 0;
  return (
    <div className="messages-frame">
      <div className="messages" ref={box} onScroll={scrolled} role="log" aria-label="Messages" tabIndex={0}>
        {isEmpty && <EmptyConversation conversation={conversation} />}
        {groups.map((group) => (
          <Group key={group.lines[0]?.id} group={group} isOwn={group.from === me} />
        ))}
        {pending.length > 0 && <Pending texts={pending} />}
      </div>
      {isBehind && (
        <button type="button" className="button-new" onClick={toEnd}>
          <DownIcon />
          New messages
        </button>
      )}
    </div>
  );
}

function Group({
  group: { from, at, beginsDay, lines },
  isOwn,
}: {
  readonly group: MessageGroup;
  readonly isOwn: boolean;
}) {
  return (
    <>
      {beginsDay && (
        <p className="day">
          <span>{dayOf(at)}</span>
        </p>
      )}
      <article className="group" data-own={isOwn}>
        {!isOwn && <Avatar name={from} />}
        <div className="group-body">
          <p className="group-from">
            <strong>{isOwn ? "You" : from}</strong>{" "}
            <time dateTime={new Date(at).toISOString()} title={exactTimeOf(at)}>
              {timeOf(at)}
            </time>
          </p>
          {lines.map((line) => (
            <p key={line.id} className="bubble" title={exactTimeOf(line.at)} dir="auto">
              {line.text}
            </p>
          ))}
        </div>
      </article>
    </>
  );
}

function Pending({ texts }: { readonly texts: readonly string[] }) {
  return (
    <article className="group" data-own="true" aria-label="Not confirmed yet">
      <div className="group-body">
        {texts.map((text, at) => (
          // The same text twice is two messages: the place is all that tells them apart.
          <p key={`${at} ${text}`} className="bubble" data-pending="true" dir="auto">
            {text}
          </p>
        ))}
      </div>
    </article>
  );
}

function EmptyConversation({ conversation: { kind, name } }: { readonly conversation: Conversation }) {
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
      <p>
        {kind === "room" ? "Nobody has said anything yet. Say hello." : "Nobody else can read what you write here."}
      </p>
    </div>
  );
}
