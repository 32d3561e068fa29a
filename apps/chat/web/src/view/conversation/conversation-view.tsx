import { useCallback, useRef, useState } from "react";
import type { Line } from "../../../../contract/words.ts";
import type { Conversation } from "../../model/conversation/conversation.ts";
import type { ConversationModel } from "../../model/conversation/conversation-model.ts";
import { type LinkState, worseOf } from "../../model/links/link-state.ts";
import { useChat } from "../chat-context.ts";
import { ConfirmDialog } from "../dialogs/confirm-dialog.tsx";
import { MessageList } from "../messages/message-list.tsx";
import { Composer } from "../composer/composer.tsx";
import { ConnectionNotice } from "../connection/connection-notice.tsx";
import { ConversationHeader } from "./conversation-header.tsx";
import { News } from "./news.tsx";
import { PeoplePanel } from "./people-panel.tsx";
import { TypingLine } from "../composer/typing-line.tsx";

/** What a conversation shows. */
export interface ConversationViewProps {
  readonly conversation: Conversation;
  readonly conversationModel: ConversationModel;
}

/** One conversation: what was said, who is here, and the box to write in. */
export function ConversationView({ conversation, conversationModel }: ConversationViewProps) {
  const { model, state } = useChat();
  const [arePeopleShown, setArePeopleShown] = useState(false);
  const [editing, setEditing] = useState<Line>();
  const { deleting, setDeleting, deleteIt, endDeleting, deletions } = useDeleting(conversationModel);
  const endEditing = useCallback(() => setEditing(undefined), []);
  const { kind, name, problem, isReady } = conversation;
  const link: LinkState = worseOf(conversation.link, state.siteLink);
  const isNobody = !isReady && problem !== "";
  return (
    <>
      <main className="conversation" aria-label={kind === "room" ? `Room ${name}` : `Direct messages with ${name}`}>
        <ConversationHeader
          conversation={conversation}
          link={link}
          arePeopleShown={arePeopleShown}
          onShowPeople={() => setArePeopleShown(!arePeopleShown)}
        />
        <ConnectionNotice link={link} onRetry={() => model.retry()} />
        {isReady ? (
          <MessageList
            conversation={conversation}
            conversationModel={conversationModel}
            onEdit={setEditing}
            onDelete={setDeleting}
          />
        ) : (
          <NotReady problem={problem} onRetry={() => conversationModel.history.loadNewest()} />
        )}
        <News lines={conversation.news} />
        {!isNobody && (
          <>
            <TypingLine names={conversation.typing} />
            <Composer
              key={`${editing?.id ?? 0} ${deletions}`}
              conversation={conversation}
              conversationModel={conversationModel}
              isLive={link.kind === "live"}
              editing={editing}
              onEdit={setEditing}
              onEdited={endEditing}
            />
          </>
        )}
      </main>
      {kind === "room" && <PeoplePanel room={name} isShown={arePeopleShown} onClose={() => setArePeopleShown(false)} />}
      {deleting !== undefined && (
        <ConfirmDialog
          title="Delete this message?"
          text={deleting.text}
          action="Delete"
          onConfirm={() => deleteIt(deleting)}
          onClose={endDeleting}
        />
      )}
    </>
  );
}

interface Deleting {
  /** The own line that is about to be deleted, if it is confirmed. */
  readonly deleting: Line | undefined;
  readonly setDeleting: (line: Line) => void;
  /** Answers what the problem is, or nothing. */
  readonly deleteIt: (line: Line) => Promise<string>;
  readonly endDeleting: () => void;
  /** How many were deleted. With each, the focus is lost: its menu would get it back. So a new box to write in takes it. */
  readonly deletions: number;
}

function useDeleting(conversationModel: ConversationModel): Deleting {
  const [deleting, setDeleting] = useState<Line>();
  const [deletions, setDeletions] = useState(0);
  const isDeleted = useRef(false);
  const deleteIt = async (line: Line): Promise<string> => {
    const problem = await conversationModel.delete(line.id);
    isDeleted.current = problem === "";
    return problem;
  };
  const endDeleting = useCallback(() => {
    setDeleting(undefined);
    if (isDeleted.current) setDeletions((count) => count + 1);
    isDeleted.current = false;
  }, []);
  return { deleting, setDeleting, deleteIt, endDeleting, deletions };
}

function NotReady({ problem, onRetry }: { readonly problem: string; readonly onRetry: () => void }) {
  return (
    <div className="messages-frame not-ready" role="status">
      {problem === "" ? (
        <p className="loading-lines">Loading…</p>
      ) : (
        <div className="empty">
          <h3>{problem}</h3>
          <button type="button" className="button-plain" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}
