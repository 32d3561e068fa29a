// The modules of the application that is compiled. Each contract has its own names and schemas, so that nothing is shared:
// flat messages mostly, one nested in each direction, one with reply and errors, one with delivery, two pass-throughs.

const list = (count, write) => Array.from({ length: count }, (_, index) => write(index)).join("\n");

/** A contract of 5 messages to the server, 5 to the client and 5 events. */
export function contractModule(index) {
  return `import { contract } from "@solent/core/contract";
import { z } from "zod";

const line${index} = z.object({ from: z.string(), text: z.string().min(1), at${index}: z.number() });

export const chat${index} = contract({
  params: z.object({ org: z.string(), room${index}: z.string(), page: z.coerce.number().optional() }),
  toServer: {
${list(3, (n) => `    say${n}: z.object({ text${n}: z.string(), room${index}: z.string().optional() }),`)}
    say3: z.object({ text3: z.string(), tags: z.array(z.object({ name${index}: z.string() })) }),
    ask: { data: z.object({ question: z.string() }), reply: z.object({ id${index}: z.string() }), errors: { muted: z.object({ untilMs: z.number() }) } },
  },
  toClient: {
    said: line${index},
    cursor: { data: line${index}, delivery: "latest", key: "from" },
${list(2, (n) => `    told${n}: z.object({ value${n}: z.number(), name${index}: z.string() }),`)}
    told2: z.object({ value2: z.number(), lines: z.array(z.object({ line${index}: z.string() })) }),
  },
  events: {
    "room${index}.said": { forward: "said" },
    "room${index}.moved": { forward: "cursor" },
${list(2, (n) => `    "room${index}.told${n}": z.object({ value${n}: z.number(), name${index}: z.string() }),`)}
    "room${index}.told2": z.object({ value2: z.number(), names: z.array(z.string()) }),
  },
});
`;
}

/** A consumer that handles all of it. */
export function consumerModule(index) {
  const contract = `typeof chat${index}`;
  return `import { type EventOf, type Received, WebSocketConsumer } from "@solent/core";
import { chat${index} } from "./contract-${index}.ts";

interface Needs {
  readonly user: { readonly name: string };
  readonly language: string;
}

export class Chat${index} extends WebSocketConsumer.of(chat${index}).needs<Needs>() {
  room = this.group(\`room.\${this.params.org}.\${this.params.room${index}}\`);

  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive(frame: Received<${contract}>) {
    switch (frame.type) {
${list(
  4,
  (n) => `      case "say${n}":
        await this.room.send("room${index}.said", { from: this.scope.user.name, text: frame.data.text${n}, at${index}: ${n} });
        break;`,
)}
      case "ask":
        if (this.scope.language === "") frame.fail("muted", { untilMs: 1 });
        else frame.reply({ id${index}: frame.data.question });
    }
  }
${list(
  2,
  (n) => `  room${index}_told${n}(event: EventOf<${contract}, "room${index}.told${n}">) {
    this.send("told${n}", event);
  }`,
)}
  room${index}_told2({ value2, names }: EventOf<${contract}, "room${index}.told2">) {
    this.send("told2", { value2, lines: names.map((line${index}) => ({ line${index} })) });
  }
}
`;
}

/** The root: every consumer under \`perConsumer\` routes of one nested router, behind two middlewares. */
export function serverModule(count, perConsumer) {
  const routes = list(count, (index) =>
    list(perConsumer, (n) => `  path("rooms${index}/${n === 0 ? "" : `v${n}/`}:room${index}", Chat${index}),`),
  );
  return `import { addToScope, path, ProtocolTypeRouter, URLRouter } from "@solent/core";
${list(count, (index) => `import { Chat${index} } from "./consumer-${index}.ts";`)}

const session = addToScope(() => ({ user: { name: "ann", id: 1 } }));
const locale = addToScope(() => ({ language: "en" }));

const rooms = new URLRouter([
${routes}
]);

export const app = new ProtocolTypeRouter({
  websocket: session(locale(new URLRouter([path("/orgs/:org", rooms)]))),
});
`;
}
