import type { AnyContract } from "../contract/contract.ts";
import type { ClientReceives, ClientReplies, ClientSends, DataArguments } from "../contract/infer.ts";
import { Communicator, type Patience } from "./communicator.ts";

/** A message of `toClient` as a client receives it. */
export type Arrived<C extends AnyContract> = {
  [Type in keyof ClientReceives<C> & string]: { readonly type: Type; readonly data: ClientReceives<C>[Type] };
}[keyof ClientReceives<C> & string];

/** The server's complaint about a frame (docs/reference/protocol.md). */
export interface Complaint {
  readonly code: string;
  readonly path?: readonly (string | number)[];
  readonly data?: unknown;
}

interface Answer {
  readonly re: number;
  readonly data?: unknown;
  readonly error?: Complaint;
}

/** A client of a test server that speaks the messages of a contract. */
export class ContractCommunicator<C extends AnyContract> extends Communicator {
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #complaints: Complaint[] = [];
  #lastId = 0;

  /** Complaints about frames this client sent, in order. */
  get complaints(): readonly Complaint[] {
    return this.#complaints;
  }

  /** Sends a message of `toServer`. */
  send<Type extends keyof ClientSends<C> & string>(type: Type, ...data: DataArguments<ClientSends<C>[Type]>): void {
    this.sendFrame(JSON.stringify({ type, data: data[0] }));
  }

  /** Sends a message and resolves with its answer, or with nothing when it is only acknowledged. Rejects on an error answer. */
  async call<Type extends keyof ClientSends<C> & string>(
    type: Type,
    ...data: DataArguments<ClientSends<C>[Type]>
  ): Promise<ClientReplies<C>[Type]> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    this.sendFrame(JSON.stringify({ type, id, data: data[0] }));
    const answer = await answered;
    if (answer.error !== undefined)
      throw Object.assign(new Error(`"${type}" was answered with ${answer.error.code}`), answer.error);
    return answer.data as ClientReplies<C>[Type];
  }

  /** The next message. Complaints, answers and protocol frames are not messages. */
  async next(patience?: Patience): Promise<Arrived<C>> {
    return JSON.parse((await this.nextFrame(patience)) as string) as Arrived<C>;
  }

  /** @internal */
  override arrived(payload: string | Uint8Array): void {
    const frame = (typeof payload === "string" ? JSON.parse(payload) : {}) as Readonly<Record<string, unknown>>;
    if (typeof frame["re"] === "number") {
      this.#answers.get(frame["re"])?.(frame as unknown as Answer);
      this.#answers.delete(frame["re"]);
    } else if (frame["error"] !== undefined) this.#complaints.push(frame["error"] as Complaint);
    else if (typeof frame["type"] === "string") super.arrived(payload);
  }
}
