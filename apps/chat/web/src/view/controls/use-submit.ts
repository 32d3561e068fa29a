import { type SubmitEvent, useId, useState } from "react";

/** A form that does something that takes a moment and may fail. */
export interface Submission {
  readonly submit: (event: SubmitEvent) => void;
  readonly isBusy: boolean;
  /** What the problem was the last time, in words; empty when there was none. */
  readonly problem: string;
  /** The id for the element that shows the problem. */
  readonly problemId: string;
}

/** Does it once at a time. `action` answers what the problem is, or nothing; then `done` is called. */
export function useSubmit(action: () => Promise<string>, done: () => void): Submission {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const problemId = useId();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    setProblem("");
    void action()
      .then((answer) => {
        setProblem(answer);
        if (answer === "") done();
      })
      .finally(() => setIsBusy(false));
  };
  return { submit, isBusy, problem, problemId };
}
