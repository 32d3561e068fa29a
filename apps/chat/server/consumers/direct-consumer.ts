import { type GroupGap, type Received, WebSocketConsumer } from "@solent/core";
import { direct } from "../../contract/direct.ts";
import type { DirectLine } from "../../contract/words.ts";
import type { Authenticated } from "../accounts/session.ts";
import type { WithChat } from "../chat.ts";
import type { LineFrame } from "./line-frame.ts";
import { directGroup, personGroup } from "./group-names.ts";
import { isWelcome } from "./is-welcome.ts";

/** One page of one person: all that they and others tell each other. */
export class DirectConsumer extends WebSocketConsumer.of(direct).needs<Authenticated & WithChat>() {
  readonly me = this.scope.user;
  readonly chat = this.scope.chat;
  readonly pages = this.group(directGroup(this.me.id));
  readonly person = this.group(personGroup(this.me.id));

  override async connect() {
    // First the groups and then the database: what happens between comes after the welcome, and nothing is lost.
    await Promise.all([this.pages.join(), this.person.join()]);
    const accepted = this.accept();
    if (await isWelcome(this)) await this.welcome();
    return accepted;
  }

  override async receive(frame: Received<typeof direct>) {
    const { me } = this;
    const { directs } = this.chat;
    switch (frame.type) {
      case "tell":
        return this.tell(frame);
      case "edit":
        return this.change(await directs.edit(me, frame.data), frame);
      case "delete":
        return this.change(await directs.delete(me, frame.data.id), frame);
      case "history":
        return this.history(frame);
      case "changes":
        return frame.reply(await directs.changes(me, frame.data.since));
      case "mark":
        return this.mark(frame);
      case "typing":
        return this.typing(frame);
    }
  }

  async session_ended() {
    await isWelcome(this);
  }

  // Something was lost on the way: what one is told when one comes says how it is now.
  async group_gap({ group }: GroupGap) {
    if ((await isWelcome(this)) && group !== this.person.name) await this.welcome();
  }

  private async welcome() {
    this.send("welcome", await this.chat.directWelcome(this.me));
  }

  private async tell(frame: Received<typeof direct, "tell">) {
    const other = await this.another(frame.data.to);
    if (other === undefined) return frame.fail("nobody");
    const line = await this.chat.directs.tell(this.me, other, frame.data);
    if (line === undefined) return frame.fail("notYours");
    for (const pages of this.pagesOfBoth(other)) await pages.send("direct.told", line);
    frame.reply(line);
  }

  private async change(line: DirectLine | undefined, frame: LineFrame<DirectLine>) {
    const other = line && (await this.another(line.to));
    if (line === undefined || other === undefined) return frame.fail("notYours");
    for (const pages of this.pagesOfBoth(other)) await pages.send("direct.changed", line);
    frame.reply(line);
  }

  private async history(frame: Received<typeof direct, "history">) {
    const other = await this.another(frame.data.with);
    if (other === undefined) return frame.fail("nobody");
    frame.reply(await this.chat.directs.history(this.me, other, frame.data));
  }

  private async mark({ data }: Received<typeof direct, "mark">) {
    const other = await this.another(data.with);
    const marks = other && (await this.chat.directs.mark(this.me, other, data));
    if (other === undefined || marks === undefined) return;
    const marked = { ...marks, by: this.me.name, with: other.name };
    for (const pages of this.pagesOfBoth(other)) await pages.send("direct.marked", marked);
  }

  private async typing({ data }: Received<typeof direct, "typing">) {
    const other = await this.another(data.to);
    if (other !== undefined) await this.group(directGroup(other.id)).send("direct.typing", { from: this.me.name });
  }

  // Who somebody names, unless it is oneself or nobody.
  private another(name: string) {
    return this.chat.people.another(this.me, name);
  }

  private pagesOfBoth(other: { id: number }) {
    return [this.pages, this.group(directGroup(other.id))];
  }
}
