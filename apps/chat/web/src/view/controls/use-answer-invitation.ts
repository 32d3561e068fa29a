import { useChat } from "../chat-context.ts";
import { addressOf } from "../place-address.ts";

/** Joining a room, or staying out of it. */
export interface InvitationAnswers {
  readonly accept: () => void;
  readonly decline: () => void;
}

/** The two answers to an invitation; what fails is said in a notice. */
export function useAnswerInvitation(room: string): InvitationAnswers {
  const { model } = useChat();
  return {
    accept: () =>
      void model.site.joinRoom(room).then((problem) => {
        if (problem === "") location.hash = addressOf({ kind: "room", name: room });
        else model.toasts.show(problem);
      }),
    decline: () =>
      void model.site.leaveRoom(room).then((problem) => {
        if (problem !== "") model.toasts.show(problem);
      }),
  };
}
