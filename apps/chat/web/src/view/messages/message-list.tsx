import { useMemo } from "react";
import { Virtualizer } from "virtua";
import type { Line } from "../../../../contract/words.ts";
import type { Conversation } from "../../model/conversation/conversation.ts";
import type { ConversationModel } from "../../model/conversation/conversation-model.ts";
import { titleOf } from "../../model/place.ts";
import { useChat } from "../chat-context.ts";
import { Beginning } from "./beginning.tsx";
import { JumpButtons } from "./jump-buttons.tsx";
import { MessageRow } from "./message-row.tsx";
import { rowsOf } from "./rows.ts";
import { useScrolling } from "./use-scrolling.ts";

/**
 * How far beyond what is in sight rows are drawn, in pixels.
 *
 * Farther than a wheel turns at once: rows whose heights become known only when they are in sight would push the others.
 */
const drawnBeyond = 1_000;

/** What was said, and what can be done with it. */
export interface MessageListProps {
  readonly conversation: Conversation;
  readonly conversationModel: ConversationModel;
  readonly onEdit: (line: Line) => void;
  readonly onDelete: (line: Line) => void;
}

/** What was said, newest at the end. Only what is near the screen is on the page; the rest is loaded when one comes near. */
export function MessageList({ conversation, conversationModel, onEdit, onDelete }: MessageListProps) {
  const { me } = useChat().state;
  const rows = useMemo(() => rowsOf(conversation, me.name), [conversation, me.name]);
  const scrolling = useScrolling({ rows, conversation, conversationModel, me: me.name });
  const { loading, problem } = conversation;
  return (
    <div className="messages-frame">
      <div
        className="messages"
        ref={scrolling.box}
        role="region"
        aria-label={`Messages in ${titleOf(conversation)}`}
        tabIndex={0}
      >
        {rows.length === 0 ? <Beginning conversation={conversation} /> : <div className="messages-fill" />}
        <Virtualizer
          ref={scrolling.list}
          data={rows}
          shift={scrolling.isShift}
          onScroll={scrolling.scrolled}
          onResize={scrolling.resized}
          itemSize={52}
          bufferSize={drawnBeyond}
        >
          {(row) => (
            <MessageRow
              key={row.key}
              row={row}
              beginning={row.isBeginning ? conversation : undefined}
              sending={conversationModel.sending}
              onEdit={onEdit}
              onDelete={onDelete}
            />
          )}
        </Virtualizer>
      </div>
      {(loading !== undefined || problem !== "") && (
        <p className="loading-older" role="status">
          {problem === "" ? "Loading…" : problem}
        </p>
      )}
      <JumpButtons
        isBehind={scrolling.isBehind}
        isNewAbove={scrolling.isNewAbove}
        unread={conversation.unread}
        onEnd={scrolling.toEnd}
        onNew={scrolling.toNew}
      />
    </div>
  );
}
