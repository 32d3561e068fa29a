import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ChatModel } from "../model/chat-model.ts";
import type { ChatState, Me } from "../model/chat-state.ts";
import type { KeptValues } from "../model/conversations.ts";
import { keyOf, type Place } from "../model/place.ts";
import { ChatContext } from "./chat-context.ts";
import { Toasts } from "./controls/toasts.tsx";
import { Announcements } from "./conversation/announcements.tsx";
import { ConversationView } from "./conversation/conversation-view.tsx";
import { RoomDoor } from "./conversation/room-door.tsx";
import { addressOf, placeAt } from "./place-address.ts";
import { titleFor } from "./page-title.ts";
import type { AccountActions } from "./sidebar/account-bar.tsx";
import { Sidebar } from "./sidebar/sidebar.tsx";

/** What the chat needs from the page around it. */
export interface ChatProps extends AccountActions {
  readonly me: Me;
  readonly kept: KeptValues;
  readonly checkSession: () => void;
}

/** The chat of somebody who is signed in. */
export function Chat({ me, kept, checkSession, ...account }: ChatProps) {
  const model = useModel(me, kept, checkSession);
  return model === undefined ? null : <LoadedChat model={model} account={account} />;
}

function useModel(me: Me, kept: KeptValues, checkSession: () => void): ChatModel | undefined {
  const [model, setModel] = useState<ChatModel>();
  useEffect(() => {
    const made = new ChatModel(me, { ...kept, checkSession });
    const follow = (): void => made.show(placeAt(location.hash));
    const leave = (): void => made.flush();
    if (location.hash === "") history.replaceState(null, "", addressOf({ kind: "room", name: "lobby" }));
    follow();
    addEventListener("hashchange", follow);
    addEventListener("pagehide", leave);
    setModel(made);
    return () => {
      removeEventListener("hashchange", follow);
      removeEventListener("pagehide", leave);
      made.close();
    };
    // `me` is the same person as long as this is mounted: the name is its key.
  }, [me, kept, checkSession]);
  return model;
}

interface LoadedChatProps {
  readonly model: ChatModel;
  readonly account: AccountActions;
}

function LoadedChat({ model, account }: LoadedChatProps) {
  const state = useSyncExternalStore(model.store.subscribe, model.store.get);
  const shown = useMemo(() => ({ model, state }), [model, state]);
  useTitle(state);
  const { open, siteLink } = state;
  return (
    <ChatContext value={shown}>
      {/* On a phone the list, with the name of it all, is not always there. */}
      <h1 className="only-heard">Solent Chat</h1>
      {/* Announcements stand first: they are above everything, for the eye and for who listens. */}
      <div
        className="chat"
        data-view={open === undefined ? "list" : "conversation"}
        data-live={siteLink.kind === "live"}
      >
        <Announcements announcements={state.announcements} onDismiss={(id) => model.dismissAnnouncement(id)} />
        <Sidebar {...account} />
        {open === undefined ? (
          <main className="nothing-open">Choose a room, or somebody to talk to.</main>
        ) : (
          <OpenPlace key={keyOf(open)} place={open} shown={shown} />
        )}
        <Toasts toasts={state.toasts} onDismiss={(id) => model.toasts.dismiss(id)} />
      </div>
    </ChatContext>
  );
}

function OpenPlace({
  place,
  shown: { model, state },
}: {
  readonly place: Place;
  readonly shown: { readonly model: ChatModel; readonly state: ChatState };
}) {
  const conversationModel = model.conversation(place);
  const conversation = state.conversations.get(keyOf(place));
  if (conversationModel === undefined || conversation === undefined) return <RoomDoor name={place.name} />;
  return <ConversationView conversation={conversation} conversationModel={conversationModel} />;
}

function useTitle(state: ChatState): void {
  const title = titleFor(state);
  useEffect(() => {
    document.title = title;
  }, [title]);
}
