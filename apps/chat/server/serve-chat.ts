import type { IncomingMessage, ServerResponse } from "node:http";
import { type OnError, path, ProtocolTypeRouter, rateLimit, SolentError, URLRouter } from "@solent/core";
import { closeCodes } from "@solent/core/errors";
import { serve, type SolentServer } from "@solent/core/node";
import { Accounts } from "./accounts/accounts.ts";
import { cookieSecret } from "./accounts/cookie-secret.ts";
import { Passwords } from "./accounts/password.ts";
import { SessionApi } from "./accounts/session-api.ts";
import { chatSession } from "./accounts/session.ts";
import { Sessions } from "./accounts/sessions.ts";
import { type Limiters, limitersOf } from "./accounts/limiters.ts";
import { SignInLimits } from "./accounts/sign-in-limits.ts";
import { SignOutNews } from "./accounts/sign-out-news.ts";
import { SignIn } from "./accounts/sign-in.ts";
import { Chat, withChat } from "./chat.ts";
import type { Config } from "./config.ts";
import { DirectConsumer } from "./consumers/direct-consumer.ts";
import { RoomConsumer } from "./consumers/room-consumer.ts";
import { SiteConsumer } from "./consumers/site-consumer.ts";
import { type Database, openDatabase } from "./database/database.ts";
import { clientAddress } from "./http/client-address.ts";
import { Health } from "./http/health.ts";
import { Page } from "./http/page.ts";
import { pathOf } from "./http/request.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { openLayer, type OpenLayer } from "./layer.ts";
import { type ChatLog, chatLog } from "./log.ts";

/** A message has at most 4,000 characters, which JSON may write with six bytes each. */
const maxFrameBytes = 32_768;

const sockets = new URLRouter([
  path("/site", SiteConsumer),
  path("/direct", DirectConsumer),
  path("/rooms/:room", RoomConsumer),
]);

/** What one may give to `serveChat` beside the configuration. */
export interface ServeChatOptions {
  /** @default a log on stderr, of the configured level */
  readonly log?: ChatLog;
  /** Hears the admin's password when one was made up, before anything else can fail: it is nowhere else. */
  readonly onAdminPassword?: (adminName: string, password: string) => void;
}

/** Serves the chat: the page in `pageFolder`, signing in, and the sockets. Its `close` closes the database too. */
export async function serveChat(
  config: Config,
  pageFolder: string,
  options: ServeChatOptions = {},
): Promise<SolentServer> {
  const page = await Page.read(pageFolder);
  const log = options.log ?? chatLog(config.logLevel);
  const opened = new Opened();
  try {
    const database = await openDatabase(config.database, (err) => log.warn({ err }, "a connection to Postgres broke"));
    opened.add(() => database.destroy());
    const { layer, isConnected } = await openLayer(config, log);
    opened.add(() => layer.close());
    const limiters = limitersOf(config, log);
    opened.add(() => limiters[Symbol.asyncDispose]());
    return await serveFrom({ ...options, config, page, log, opened, database, layer, isConnected, limiters });
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What has to be closed again, the last first and each once. */
class Opened {
  readonly #closers: (() => PromiseLike<unknown>)[] = [];

  add(close: () => PromiseLike<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close();
  }
}

interface Parts extends ServeChatOptions, OpenLayer {
  readonly config: Config;
  readonly page: Page;
  readonly log: ChatLog;
  readonly opened: Opened;
  readonly database: Database;
  readonly limiters: Limiters;
}

async function serveFrom(parts: Parts): Promise<SolentServer> {
  const { config, page, database, layer, isConnected, log, opened } = parts;
  const sessions = new Sessions(database);
  const secret = config.secret ?? (await cookieSecret(database));
  const session = chatSession(sessions, { secret, secure: config.isHttps });
  const { accounts, adminName } = await openAccounts(parts);
  const signInLimits = new SignInLimits({ ...parts, signUpsPerHour: config.signUpsPerHour, secret });
  const signOutNews = new SignOutNews(layer, log);
  const sessionApi = new SessionApi({
    signIn: new SignIn({ accounts, sessions, log, signInLimits }),
    sessions,
    session,
    adminName,
    addressOf: (request) => clientAddress(request, config.proxies),
    signedOut: (person, ended) => signOutNews.tell(person, ended),
  });
  const health = new Health({ database, isStopping: () => !server.http.listening, isConnected });
  const chat = new Chat(database, { layer, node: config.node, log });

  const app = new ProtocolTypeRouter({
    http: httpListener({ page, sessionApi, health, isHttps: config.isHttps }),
    websocket: rateLimit({ messages: 10, burst: 40 })(session.signedIn(withChat(chat)(sockets))),
    lifespan: {
      startup: () => chat.presence.start(),
      shutdown: async () => {
        signOutNews.stop();
        try {
          await chat.presence.stop();
        } finally {
          await opened.close();
        }
      },
    },
  });
  const server = await serve(app, {
    port: config.port,
    layer,
    logger: log,
    limits: { maxFrameBytes },
    // A page is told no HTTP status. With a close code it knows whether to sign in, or to come back.
    denials: "closeCode",
    onError: keepWhileRedisIsAway,
  });
  return server;
}

/** What somebody asks for while Redis is away fails; they stay, and may ask again. */
const keepWhileRedisIsAway: OnError = (error, { handler }) => {
  const isAway = error instanceof SolentError && /^LAYER_(?:UNAVAILABLE|UNCERTAIN|BUSY)$/.test(error.code);
  if (!isAway) return "close";
  // Without its groups a connection would be deaf.
  return handler === "connect" ? { closeCode: closeCodes.overloaded.code } : "keep";
};

async function openAccounts({ config, database, onAdminPassword }: Parts) {
  const accounts = new Accounts(database, new Passwords(config.passwordCost));
  const { name, madeUpPassword } = await accounts.setUpAdmin(config.adminName, config.adminPassword);
  if (madeUpPassword !== undefined) onAdminPassword?.(name, madeUpPassword);
  return { accounts, adminName: name };
}

interface HttpParts {
  readonly page: Page;
  readonly sessionApi: SessionApi;
  readonly health: Health;
  readonly isHttps: boolean;
}

function httpListener({ page, sessionApi, health, isHttps }: HttpParts) {
  const headers = Object.entries(securityHeaders(isHttps));
  return (request: IncomingMessage, response: ServerResponse): void | Promise<void> => {
    for (const [name, value] of headers) response.setHeader(name, value);
    switch (pathOf(request)) {
      case "/api/session":
        return sessionApi.one(request, response);
      case "/api/sessions":
        return sessionApi.all(request, response);
      case "/healthz":
        return health.live(request, response);
      case "/readyz":
        return health.ready(request, response);
      default:
        return page.handle(request, response);
    }
  };
}
