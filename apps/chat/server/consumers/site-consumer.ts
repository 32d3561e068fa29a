import { type GroupGap, type Received, WebSocketConsumer } from "@solent/core";
import { room } from "../../contract/room.ts";
import { site } from "../../contract/site.ts";
import type { Membership, RoomInfo } from "../../contract/words.ts";
import type { Authenticated } from "../accounts/session.ts";
import type { WithChat } from "../chat.ts";
import { sitePlace } from "../presence/places.ts";
import { memberGroup, ownGroup, personGroup, siteGroup } from "./group-names.ts";
import { isWelcome } from "./is-welcome.ts";

/** One page: who is here, which rooms there are, and what the admin says. */
export class SiteConsumer extends WebSocketConsumer.of(site).needs<Authenticated & WithChat>() {
  static override readonly groups = [siteGroup];
  readonly me = this.scope.user;
  readonly chat = this.scope.chat;
  readonly site = this.group(siteGroup);
  readonly pages = this.group(ownGroup(this.me.id));
  readonly person = this.group(personGroup(this.me.id));

  override async connect() {
    // First the groups and then the database: what happens between comes after the welcome, and nothing is lost.
    await Promise.all([this.pages.join(), this.person.join()]);
    const accepted = this.accept();
    if (await isWelcome(this)) await this.enter();
    return accepted;
  }

  override async receive(frame: Received<typeof site>) {
    switch (frame.type) {
      case "createRoom":
        return this.createRoom(frame);
      case "joinRoom":
        return this.joinRoom(frame);
      case "leaveRoom":
        return this.leaveRoom(frame.data.name);
      case "find":
        return frame.reply({ names: await this.chat.people.find(this.me, frame.data.name) });
      case "announce":
        return this.announce(frame);
    }
  }

  override async disconnect() {
    await this.chat.presence.leave(this.channelName);
  }

  async session_ended() {
    await isWelcome(this);
  }

  // Something was lost on the way: what one is told when one comes says how it is now.
  async group_gap({ group }: GroupGap) {
    if ((await isWelcome(this)) && group !== this.person.name) await this.welcome();
  }

  private async enter() {
    const { me, channelName: connection } = this;
    await this.chat.presence.enter({ place: sitePlace, person: me.name, connection });
    await this.welcome();
  }

  private async welcome() {
    this.send("welcome", await this.chat.siteWelcome(this.me));
  }

  private async createRoom(frame: Received<typeof site, "createRoom">) {
    const made = await this.chat.memberships.create(this.me, frame.data);
    if (typeof made === "string") return frame.fail(made);
    await this.tellOwnPages(made, "member");
    await this.chat.news.tell(made.name);
    frame.reply(made);
  }

  private async joinRoom(frame: Received<typeof site, "joinRoom">) {
    const joined = await this.chat.memberships.join(this.me, frame.data.name);
    if (typeof joined === "string") return frame.fail(joined);
    await this.tellOwnPages(joined, "member");
    frame.reply(joined);
  }

  private async leaveRoom(name: string) {
    const left = await this.chat.memberships.leave(this.me, name);
    if (left === undefined) return;
    await this.layer.group(room, memberGroup(name, this.me.id)).send("member.left");
    await this.tellOwnPages(left, "none");
  }

  private async announce(frame: Received<typeof site, "announce">) {
    const announcement = await this.chat.announcements.make(this.me, frame.data.text);
    if (announcement === undefined) return frame.fail("notAdmin");
    await this.site.send("site.announced", announcement);
  }

  private tellOwnPages(info: RoomInfo, membership: Membership) {
    return this.pages.send("person.membership", { room: info, membership });
  }
}
