import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { KeptValues } from "./model/conversations.ts";
import { browserValues } from "./session/browser-values.ts";
import { readSession, type Session, signOut, signOutEverywhere } from "./session/session-client.ts";
import { SessionTabs } from "./session/session-tabs.ts";
import { SignIn } from "./session/sign-in.tsx";
import { Chat } from "./view/chat.tsx";

/** How long to wait before asking again who is signed in, when the server does not answer at the start. */
const askAgainMs = 2_000;

const kept: KeptValues = { local: browserValues("localStorage"), tab: browserValues("sessionStorage") };

/** The whole page: signing in, and the chat of whoever has. */
export function App() {
  const { session, notice, isUnreachable, isSigningOut, signedIn, check, leave, leaveEverywhere } = useSession();
  if (session === undefined) return <Loading isUnreachable={isUnreachable} />;
  const { me, adminName } = session;
  if (me === null) return <SignIn notice={notice} onSignedIn={signedIn} />;
  if (isSigningOut) return <Loading isUnreachable={false} />;
  return (
    <Chat
      key={me.name}
      me={me}
      kept={kept}
      adminName={adminName}
      checkSession={check}
      onSignOut={leave}
      onSignOutEverywhere={leaveEverywhere}
    />
  );
}

interface SessionOfPage {
  readonly session: Session | undefined;
  /** Why one has to sign in again; empty when there is nothing to say. */
  readonly notice: string;
  readonly isUnreachable: boolean;
  readonly isSigningOut: boolean;
  readonly signedIn: (session: Session) => void;
  readonly check: () => void;
  readonly leave: () => void;
  readonly leaveEverywhere: () => Promise<string>;
}

function useSession(): SessionOfPage {
  const [session, setSession] = useState<Session>();
  const [notice, setNotice] = useState("");
  const [isSigningOut, setIsSigningOut] = useState(false);
  const isUnreachable = useFirstAnswer(session, setSession);
  const isLeaving = useRef(false);

  const check = useCallback((): void => {
    readSession().then(
      (answer) => {
        setSession((before) => (isSame(before, answer) ? before : answer));
        if (answer.me === null && !isLeaving.current) setNotice("You were signed out. Sign in again to go on.");
      },
      // The server is away: the chat says so itself, and asks again.
      () => undefined,
    );
  }, []);
  const tabs = useTabs(check);

  const left = useCallback((): void => {
    setNotice("");
    setSession((before) => before && { ...before, me: null });
    tabs.current?.tell();
  }, [tabs]);
  const leave = useCallback((): void => {
    isLeaving.current = true;
    setIsSigningOut(true);
    signOut()
      .then(left, () => {
        // Whoever cannot tell the server is signed out on this page at least.
        left();
        setNotice("The server could not be told: you may still be signed in there.");
      })
      .finally(() => setIsSigningOut(false));
  }, [left]);
  const leaveEverywhere = useCallback(async (): Promise<string> => {
    isLeaving.current = true;
    try {
      await signOutEverywhere();
      left();
      return "";
    } catch {
      isLeaving.current = false;
      return "The server could not be told. Try again.";
    }
  }, [left]);
  const signedIn = useCallback(
    (answer: Session): void => {
      isLeaving.current = false;
      setNotice("");
      setSession(answer);
      tabs.current?.tell();
    },
    [tabs],
  );
  return useMemo(
    () => ({ session, notice, isUnreachable, isSigningOut, signedIn, check, leave, leaveEverywhere }),
    [session, notice, isUnreachable, isSigningOut, signedIn, check, leave, leaveEverywhere],
  );
}

// Asks who is signed in until the server answers. Answers whether it cannot be reached.
function useFirstAnswer(session: Session | undefined, answered: (session: Session) => void): boolean {
  const [isUnreachable, setIsUnreachable] = useState(false);
  useEffect(() => {
    if (session !== undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const ask = (): void => {
      readSession().then(
        (answer) => !isOver && answered(answer),
        () => {
          if (isOver) return;
          setIsUnreachable(true);
          timer = setTimeout(ask, askAgainMs);
        },
      );
    };
    ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [session, answered]);
  return isUnreachable;
}

function useTabs(changed: () => void): { readonly current: SessionTabs | undefined } {
  const tabs = useRef<SessionTabs>(undefined);
  useEffect(() => {
    const made = new SessionTabs(changed);
    tabs.current = made;
    return () => made.close();
  }, [changed]);
  return tabs;
}

function isSame(one: Session | undefined, other: Session): boolean {
  return one?.me?.name === other.me?.name && one?.me?.isAdmin === other.me?.isAdmin;
}

function Loading({ isUnreachable }: { readonly isUnreachable: boolean }) {
  return (
    <main className="loading" role="status">
      {isUnreachable ? "The server cannot be reached. Trying again…" : ""}
    </main>
  );
}
