import { useState } from "react";
import { useChat } from "../chat-context.ts";
import { Avatar } from "../controls/avatar.tsx";
import { LeaveIcon, MoreIcon } from "../controls/icons.tsx";
import { Menu } from "../controls/menu.tsx";
import { ConfirmDialog } from "../dialogs/confirm-dialog.tsx";

/** What somebody can do with their account. */
export interface AccountActions {
  readonly adminName: string;
  readonly onSignOut: () => void;
  /** Answers what the problem is, in words, or nothing. */
  readonly onSignOutEverywhere: () => Promise<string>;
}

/** Who one is, and the way out. */
export function AccountBar({ adminName, onSignOut, onSignOutEverywhere }: AccountActions) {
  const { me } = useChat().state;
  const [isAsking, setIsAsking] = useState(false);
  return (
    <footer className="sidebar-footer">
      <Avatar name={me.name} />
      <div className="sidebar-me">
        <strong>{me.name}</strong>
        <small>{me.isAdmin ? "may announce to everybody" : `${adminName} may announce to everybody`}</small>
      </div>
      <Menu
        label="Account"
        items={[
          { label: "Sign out", icon: <LeaveIcon />, onSelect: onSignOut },
          { label: "Sign out everywhere", icon: <LeaveIcon />, onSelect: () => setIsAsking(true) },
        ]}
      >
        <MoreIcon />
      </Menu>
      {isAsking && (
        <ConfirmDialog
          title="Sign out everywhere?"
          text="Every browser and device on which you are signed in asks for your password again, this one too."
          action="Sign out everywhere"
          onConfirm={onSignOutEverywhere}
          onClose={() => setIsAsking(false)}
        />
      )}
    </footer>
  );
}
