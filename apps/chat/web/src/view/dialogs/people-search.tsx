import { type ReactNode, useEffect, useId, useState } from "react";
import { limits } from "../../../../contract/limits.ts";
import { useChat } from "../chat-context.ts";
import { Avatar } from "../controls/avatar.tsx";

/** How long somebody pauses in writing a name until it is searched for. */
const searchAfterMs = 200;

/** What is done with who is found. */
export interface PeopleSearchProps {
  readonly label: string;
  /** What stands at the end of somebody's row. */
  readonly children: (name: string) => ReactNode;
}

/** Finds people by how their names begin: everybody with an account, here or not. Before that, who is here. */
export function PeopleSearch({ label, children }: PeopleSearchProps) {
  const { state } = useChat();
  const [name, setName] = useState("");
  const { names, problem } = useFound(name);
  const id = useId();
  const others = names.filter((other) => other !== state.me.name);
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="search"
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={limits.personName}
        placeholder="A name, or how it begins"
        autoComplete="off"
        spellCheck={false}
        aria-describedby={`${id}-status`}
      />
      <p id={`${id}-status`} className="field-hint" role="status">
        {problem !== "" ? problem : statusFor(name, others.length)}
      </p>
      <ul className="found" aria-label="People">
        {others.map((other) => (
          <li key={other}>
            <span className="place-person" data-online={state.people.includes(other)}>
              <Avatar name={other} />
            </span>
            <span className="place-name">{other}</span>
            {!state.people.includes(other) && <span className="place-note">away</span>}
            {children(other)}
          </li>
        ))}
      </ul>
    </>
  );
}

function useFound(name: string): { readonly names: readonly string[]; readonly problem: string } {
  const { model, state } = useChat();
  const [found, setFound] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState("");
  const wanted = name.trim();
  useEffect(() => {
    if (wanted === "") return undefined;
    let isOver = false;
    const timer = setTimeout(() => {
      void model.site.find(wanted).then((answer) => {
        if (isOver) return;
        const isProblem = typeof answer === "string";
        setProblem(isProblem ? answer : "");
        if (!isProblem) setFound(answer);
      });
    }, searchAfterMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [model, wanted]);
  return wanted === "" ? { names: state.people.slice(0, limits.found + 1), problem: "" } : { names: found, problem };
}

function statusFor(name: string, count: number): string {
  if (name.trim() === "") return count === 0 ? "Nobody else is here now." : "Here now:";
  return count === 0 ? "Nobody is called so." : `${count} found.`;
}
