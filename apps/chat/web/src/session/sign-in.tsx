import { type RefObject, type SubmitEvent, useEffect, useRef, useState } from "react";
import { limits } from "../../../contract/limits.ts";
import { Logo } from "../view/controls/icons.tsx";
import { Refused, type Session, signIn } from "./session-client.ts";
import { noProblems, problemsIn, type SignInProblems } from "./sign-in-problems.ts";
import { useWait, type Wait } from "./use-wait.ts";

/** What the sign-in shows. */
export interface SignInProps {
  /** Why one has to sign in again; empty at the first time. */
  readonly notice: string;
  readonly onSignedIn: (session: Session) => void;
}

/** Asks for a name and a password; a new name becomes an account. */
export function SignIn({ notice, onSignedIn }: SignInProps) {
  const { name, password, problems, clear, submit, isBusy, wait } = useSignIn(onSignedIn);
  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit} noValidate>
        <Logo />
        <h1>Solent Chat</h1>
        <p className="sign-in-lead">Talk in rooms, and one to one.</p>
        {notice !== "" && (
          <p className="sign-in-notice" role="status">
            {notice}
          </p>
        )}
        <label htmlFor="name">Name</label>
        <input
          id="name"
          ref={name}
          onChange={clear}
          maxLength={limits.personName}
          autoComplete="username"
          autoCapitalize="words"
          spellCheck={false}
          required
          aria-invalid={problems.name !== ""}
          aria-describedby="name-problem"
        />
        <p id="name-problem" className="field-problem" role="alert">
          {problems.name}
        </p>
        <PasswordField field={password} problem={problems.password} onChange={clear} />
        <button type="submit" className="button-primary" disabled={isBusy || wait.secondsLeft > 0}>
          {wait.secondsLeft > 0 ? `Wait ${wait.words}` : "Come in"}
        </button>
        <p id="sign-in-hint" className="sign-in-hint">
          New here? Choose a name and a password of at least {limits.minPassword} characters: they become your account.
        </p>
      </form>
    </main>
  );
}

interface PasswordFieldProps {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly problem: string;
  readonly onChange: () => void;
}

function PasswordField({ field, problem, onChange }: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false);
  return (
    <>
      <label htmlFor="password">Password</label>
      <div className="password-field">
        <input
          id="password"
          ref={field}
          type={isShown ? "text" : "password"}
          onChange={onChange}
          maxLength={limits.maxPassword}
          autoComplete="current-password"
          spellCheck={false}
          required
          aria-invalid={problem !== ""}
          aria-describedby="password-problem sign-in-hint"
        />
        <button type="button" className="button-link" onClick={() => setIsShown(!isShown)}>
          {isShown ? "Hide" : "Show"}
          <span className="only-heard"> the password</span>
        </button>
      </div>
      <p id="password-problem" className="field-problem" role="alert">
        {problem}
      </p>
    </>
  );
}

interface Attempt {
  readonly name: RefObject<HTMLInputElement | null>;
  readonly password: RefObject<HTMLInputElement | null>;
  readonly problems: SignInProblems;
  readonly clear: () => void;
  readonly submit: (event: SubmitEvent) => void;
  readonly isBusy: boolean;
  /** How long the server wants no further attempt. */
  readonly wait: Wait;
}

function useSignIn(onSignedIn: (session: Session) => void): Attempt {
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [problems, setProblems] = useState<SignInProblems>(noProblems);
  const [isBusy, setIsBusy] = useState(false);
  const wait = useWait();

  useEffect(() => name.current?.focus(), []);

  const show = (found: SignInProblems): void => {
    setProblems(found);
    if (found.name !== "") name.current?.focus();
    else password.current?.focus();
  };
  const failed = (error: unknown): void => {
    const isRefused = error instanceof Refused;
    if (isRefused && error.retryAfterMs !== undefined) wait.begin(error.retryAfterMs);
    const problem = isRefused ? error.message : "The server cannot be reached. Try again in a moment.";
    show({ name: "", password: problem });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isBusy || wait.secondsLeft > 0) return;
    const form = { name: name.current?.value ?? "", password: password.current?.value ?? "" };
    const found = problemsIn(form);
    if (found !== noProblems) return show(found);
    setIsBusy(true);
    signIn(form.name, form.password)
      .then(onSignedIn, failed)
      .finally(() => setIsBusy(false));
  };
  return { name, password, problems, clear: () => setProblems(noProblems), submit, isBusy, wait };
}
