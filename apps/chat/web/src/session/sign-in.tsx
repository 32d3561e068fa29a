import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { limits } from "../../../contract/limits.ts";
import { Logo } from "../view/icons.tsx";
import { Refused, type Session, signIn } from "./session-client.ts";

/** What the sign-in shows. */
export interface SignInProps {
  readonly adminName: string;
  /** Why one has to sign in again; empty at the first time. */
  readonly notice: string;
  readonly onSignedIn: (session: Session) => void;
}

/** Asks for a name. */
export function SignIn({ adminName, notice, onSignedIn }: SignInProps) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => field.current?.focus(), []);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    signIn(name)
      .then(onSignedIn, (error: unknown) => {
        setProblem(error instanceof Refused ? error.message : "The server cannot be reached. Try again in a moment.");
        field.current?.focus();
      })
      .finally(() => setIsBusy(false));
  };

  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit}>
        <Logo />
        <h1>Solent Chat</h1>
        <p className="sign-in-lead">Talk in rooms, and one to one. Pick a name and you are in.</p>
        {notice !== "" && (
          <p className="sign-in-notice" role="status">
            {notice}
          </p>
        )}
        <label htmlFor="name">Your name</label>
        <input
          id="name"
          ref={field}
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            setProblem("");
          }}
          maxLength={limits.personName}
          autoComplete="nickname"
          autoCapitalize="words"
          spellCheck={false}
          required
          aria-invalid={problem !== ""}
          aria-describedby="name-problem name-hint"
        />
        <p id="name-problem" className="field-problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="button-primary" disabled={isBusy || name.trim() === ""}>
          Come in
        </button>
        <p id="name-hint" className="sign-in-hint">
          No password yet: a name belongs to whoever is here with it. <strong>{adminName}</strong> may announce to
          everybody.
        </p>
      </form>
    </main>
  );
}
