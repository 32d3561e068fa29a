import { useState } from "react";
import { useChat } from "../chat-context.ts";
import { ConnectionNotice } from "../connection/connection-notice.tsx";
import { Logo, MegaphoneIcon } from "../controls/icons.tsx";
import { AnnounceDialog } from "../dialogs/announce-dialog.tsx";
import { AccountBar, type AccountActions } from "./account-bar.tsx";
import { DirectList } from "./direct-list.tsx";
import { RoomList } from "./room-list.tsx";

/** The way to every room and everybody. */
export function Sidebar(account: AccountActions) {
  const { model, state } = useChat();
  return (
    <div className="sidebar">
      <header className="sidebar-header">
        <Logo />
        <p className="sidebar-title" aria-hidden="true">
          Solent Chat
        </p>
        {state.siteLink.kind === "live" && (
          <small className="sidebar-node" title="The server that this page is connected to">
            {state.siteLink.node}
          </small>
        )}
      </header>
      {/* Where a conversation is open, it says so itself. */}
      {state.open === undefined && <ConnectionNotice link={state.siteLink} onRetry={() => model.retry()} />}
      {state.me.isAdmin && <AnnounceButton />}
      <nav aria-label="Conversations" className="sidebar-lists">
        <RoomList />
        <DirectList />
      </nav>
      <AccountBar {...account} />
    </div>
  );
}

function AnnounceButton() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="button-announce" onClick={() => setIsOpen(true)}>
        <MegaphoneIcon />
        Announce
      </button>
      {isOpen && <AnnounceDialog onClose={() => setIsOpen(false)} />}
    </>
  );
}
