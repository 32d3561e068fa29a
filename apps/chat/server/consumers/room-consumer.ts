import { type GroupGap, type Received, WebSocketConsumer } from "@solent/core";
import { room } from "../../contract/room.ts";
import { site } from "../../contract/site.ts";
import type { Line } from "../../contract/words.ts";
import type { Authenticated } from "../accounts/session.ts";
import type { WithChat } from "../chat.ts";
import { roomPlace } from "../presence/places.ts";
import type { LineFrame } from "./line-frame.ts";
import { memberGroup, ownGroup, personGroup, roomGroup } from "./group-names.ts";
import { isWelcome } from "./is-welcome.ts";

/** One page in one room. */
export class RoomConsumer extends WebSocketConsumer.of(room).needs<Authenticated & WithChat>() {
  readonly me = this.scope.user;
  readonly chat = this.scope.chat;
  readonly name = this.params.room;
  readonly room = this.group(roomGroup(this.name));
  readonly pages = this.group(memberGroup(this.name, this.me.id));
  readonly person = this.group(personGroup(this.me.id));

  override async connect() {
    // First the groups and then the database: what happens between comes after the welcome, and nothing is lost.
    await Promise.all([this.room.join(), this.pages.join(), this.person.join()]);
    const accepted = this.accept();
    if (await isWelcome(this, this.name)) await this.enter();
    return accepted;
  }

  override async receive(frame: Received<typeof room>) {
    const { me, name } = this;
    const { rooms } = this.chat;
    switch (frame.type) {
      case "say":
        return this.publish("room.said", await rooms.say(me, name, frame.data), frame);
      case "edit":
        return this.publish("room.changed", await rooms.edit(me, name, frame.data), frame);
      case "delete":
        return this.publish("room.changed", await rooms.delete(me, name, frame.data.id), frame);
      case "history":
        return frame.reply(await rooms.history(me, name, frame.data));
      case "changes":
        return frame.reply(await rooms.changes(me, name, frame.data.since));
      case "read":
        return this.read(frame.data.upTo);
      case "typing":
        return this.room.send("room.typing", { name: me.name }, { except: this.channelName });
      case "describe":
        return this.describe(frame.data.topic);
      case "invite":
        return this.invite(frame);
    }
  }

  override async disconnect() {
    await this.chat.presence.leave(this.channelName);
  }

  async session_ended() {
    await isWelcome(this, this.name);
  }

  async member_left() {
    await isWelcome(this, this.name);
  }

  // Something was lost on the way: what one is told when one comes says how it is now.
  async group_gap({ group }: GroupGap) {
    if ((await isWelcome(this, this.name)) && group !== this.person.name) await this.welcome();
  }

  private async enter() {
    const { me, name, channelName: connection } = this;
    await this.chat.presence.enter({ place: roomPlace(name), person: me.name, connection });
    await this.welcome();
  }

  private async welcome() {
    const welcome = await this.chat.roomWelcome(this.me, this.name);
    if (welcome !== undefined) this.send("welcome", welcome);
  }

  private async publish(type: "room.said" | "room.changed", line: Line | undefined, frame: LineFrame<Line>) {
    if (line === undefined) return frame.fail("notYours");
    await this.room.send(type, line);
    frame.reply(line);
  }

  private async read(upTo: number) {
    const readTo = await this.chat.rooms.read(this.me, this.name, upTo);
    if (readTo !== undefined) await this.pages.send("member.read", { upTo: readTo }, { except: this.channelName });
  }

  private async describe(topic: string) {
    const described = await this.chat.memberships.describe(this.me, this.name, topic);
    if (described === undefined) return;
    await this.room.send("room.described", described);
    await this.chat.news.tell(this.name);
  }

  private async invite(frame: Received<typeof room, "invite">) {
    const guest = await this.chat.people.another(this.me, frame.data.name);
    if (guest === undefined) return frame.fail("nobody");
    const invited = await this.chat.memberships.invite(this.me, this.name, guest);
    if (invited === "full") return frame.fail("full");
    if (invited === undefined) return;
    const membership = { room: invited, membership: "invited" } as const;
    await this.layer.group(site, ownGroup(guest.id)).send("person.membership", membership);
  }
}
