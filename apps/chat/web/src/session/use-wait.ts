import { useEffect, useState } from "react";

/** A time that has to pass. */
export interface Wait {
  readonly secondsLeft: number;
  /** The time that is left, as one reads it: "9 s", "3 min". */
  readonly words: string;
  readonly begin: (ms: number) => void;
}

/** Counts down. */
export function useWait(): Wait {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (until <= Date.now()) return undefined;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  const secondsLeft = Math.max(0, Math.ceil((until - now) / 1_000));
  const words = secondsLeft > 90 ? `${Math.ceil(secondsLeft / 60)} min` : `${secondsLeft} s`;
  const begin = (ms: number): void => {
    setNow(Date.now());
    setUntil(Date.now() + ms);
  };
  return { secondsLeft, words, begin };
}
