import { type Received, WebSocketConsumer } from "@solent/core";
import { direct } from "../contract/direct.ts";
import { newLine, personGroup, siteGroup, type WithChat } from "./chat.ts";
import type { Authenticated } from "./session.ts";

/** One page of one person: what is said to them alone, and what concerns everybody. */
export class DirectConsumer extends WebSocketConsumer.of(direct).needs<Authenticated & WithChat>() {
  static override readonly groups = [siteGroup];
  readonly me = this.scope.user;
  readonly chat = this.scope.chat;
  readonly site = this.group(siteGroup);

  override async connect() {
    await this.group(personGroup(this.me)).join();
    if (this.chat.comeOnline(this.me, this.channelName)) await this.site.send("site.came", { name: this.me.name });
    const accepted = this.accept();
    this.send("welcome", this.chat.welcome(this.me));
    return accepted;
  }

  override receive({ type, data }: Received<typeof direct>) {
    return type === "tell" ? this.tell(data.to, data.text) : this.announce(data.text);
  }

  override async disconnect() {
    if (this.chat.goOffline(this.me, this.channelName)) await this.site.send("site.left", { name: this.me.name });
  }

  private async tell(to: string, text: string) {
    const person = this.chat.online(to);
    if (person === undefined) return this.send("refused", { why: "away", to, text });
    const line = { ...newLine(this.me, text), to: person.name };
    for (const reader of new Set([this.me, person])) {
      this.chat.directTails.add(reader.id, line);
      await this.group(personGroup(reader)).send("direct.told", line);
    }
  }

  private async announce(text: string) {
    if (!this.me.isAdmin) return this.send("refused", { why: "notAdmin", to: "", text });
    await this.site.send("site.announced", newLine(this.me, text));
  }
}
