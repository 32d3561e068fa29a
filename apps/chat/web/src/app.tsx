import { useCallback, useEffect, useState } from "react";
import { readSession, type Session, signOut } from "./session/session-client.ts";
import { SignIn } from "./session/sign-in.tsx";
import { Chat } from "./view/chat.tsx";

/** How long to wait before asking again who is signed in, when the server does not answer at the start. */
const askAgainMs = 2_000;

/** The whole page: signing in, and the chat of whoever has. */
export function App() {
  const [session, setSession] = useState<Session>();
  const [notice, setNotice] = useState("");
  const [isUnreachable, setIsUnreachable] = useState(false);

  useEffect(() => {
    if (session !== undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const ask = (): void => {
      readSession().then(
        (answer) => !isOver && setSession(answer),
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
  }, [session]);

  const checkSession = useCallback((): void => {
    readSession().then(
      (answer) => {
        if (answer.me !== null) return;
        setNotice("The server does not know you any more. Sign in again to go on.");
        setSession(answer);
      },
      // The server is away: the chat says so itself, and asks again.
      () => undefined,
    );
  }, []);

  if (session === undefined) return <Loading isUnreachable={isUnreachable} />;
  const { me, adminName } = session;
  if (me === null) {
    return (
      <SignIn
        adminName={adminName}
        notice={notice}
        onSignedIn={(answer) => {
          setNotice("");
          setSession(answer);
        }}
      />
    );
  }
  const leave = (): void => {
    setSession({ me: null, adminName });
    // Whoever cannot tell the server is signed out on this page at least.
    signOut().catch(() => setNotice("The server could not be told: you may still be signed in there."));
  };
  return <Chat key={me.name} me={me} adminName={adminName} onLeave={leave} checkSession={checkSession} />;
}

function Loading({ isUnreachable }: { readonly isUnreachable: boolean }) {
  return (
    <main className="loading" role="status">
      {isUnreachable ? "The server cannot be reached. Trying again…" : ""}
    </main>
  );
}
