import { useEffect, useState, useSyncExternalStore } from "react";
import { ChatModel } from "../model/chat-model.ts";
import type { ChatState, Me } from "../model/chat-state.ts";
import { emptyConversation, keyOf } from "../model/conversation.ts";
import { worseOf } from "../model/link-state.ts";
import { Announcements } from "./announcements.tsx";
import { ConversationView } from "./conversation-view.tsx";
import { addressOf, placeAt } from "./place-address.ts";
import { Sidebar } from "./sidebar.tsx";
import { Toasts } from "./toasts.tsx";

/** What the chat needs from the page around it. */
export interface ChatProps {
  readonly me: Me;
  readonly adminName: string;
  readonly onLeave: () => void;
  readonly checkSession: () => void;
}

/** The chat of somebody who is signed in. */
export function Chat({ me, adminName, onLeave, checkSession }: ChatProps) {
  const model = useModel(me, checkSession);
  return model === undefined ? null : <LoadedChat model={model} adminName={adminName} onLeave={onLeave} />;
}

function useModel(me: Me, checkSession: () => void): ChatModel | undefined {
  const [model, setModel] = useState<ChatModel>();
  useEffect(() => {
    const made = new ChatModel(me, { checkSession, isVisible: () => document.visibilityState === "visible" });
    const follow = (): void => made.show(placeAt(location.hash));
    const look = (): void => {
      if (document.visibilityState === "visible") made.look();
    };
    if (location.hash === "") history.replaceState(null, "", addressOf({ kind: "room", name: "lobby" }));
    follow();
    addEventListener("hashchange", follow);
    document.addEventListener("visibilitychange", look);
    setModel(made);
    return () => {
      removeEventListener("hashchange", follow);
      document.removeEventListener("visibilitychange", look);
      made.close();
    };
    // `me` is the same person as long as this is mounted: the name is its key.
  }, [me, checkSession]);
  return model;
}

interface LoadedChatProps {
  readonly model: ChatModel;
  readonly adminName: string;
  readonly onLeave: () => void;
}

function LoadedChat({ model, adminName, onLeave }: LoadedChatProps) {
  const state = useSyncExternalStore(model.store.subscribe, model.store.get);
  useTitle(state);
  const { open, siteLink, roomLinks } = state;
  // Announcements stand first: they are above everything, for the eye and for who listens.
  const roomLink = open?.kind === "room" ? roomLinks.get(open.name) : undefined;
  return (
    <div className="chat" data-view={open === undefined ? "list" : "conversation"} data-live={siteLink.kind === "live"}>
      <Announcements lines={state.announcements} onDismiss={(id) => model.dismissAnnouncement(id)} />
      <Sidebar state={state} model={model} adminName={adminName} onLeave={onLeave} />
      {open === undefined ? (
        <main className="nothing-open">Choose a room, or somebody to talk to.</main>
      ) : (
        <ConversationView
          key={keyOf(open)}
          conversation={state.conversations.get(keyOf(open)) ?? emptyConversation(open)}
          link={roomLink === undefined ? siteLink : worseOf(siteLink, roomLink)}
          state={state}
          model={model}
        />
      )}
      <Toasts toasts={state.toasts} onDismiss={(id) => model.dismissToast(id)} />
    </div>
  );
}

function useTitle({ conversations }: ChatState): void {
  let unread = 0;
  for (const conversation of conversations.values()) unread += conversation.unread;
  useEffect(() => {
    document.title = unread === 0 ? "Solent Chat" : `(${unread}) Solent Chat`;
  }, [unread]);
}
