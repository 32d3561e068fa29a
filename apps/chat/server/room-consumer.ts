import { type Received, WebSocketConsumer } from "@solent/core";
import { direct } from "../contract/direct.ts";
import { room } from "../contract/room.ts";
import { newLine, roomGroup, siteGroup, type WithChat } from "./chat.ts";
import type { Authenticated } from "./session.ts";

/** One page in one room. */
export class RoomConsumer extends WebSocketConsumer.of(room).needs<Authenticated & WithChat>() {
  readonly me = this.scope.user;
  readonly chat = this.scope.chat;
  readonly name = this.params.room;
  readonly room = this.group(roomGroup(this.name));

  override async connect() {
    if (!this.chat.openRoom(this.name)) return this.deny(503, "There are too many rooms.");
    await this.room.join();
    if (this.chat.presence.enter(this.room.name, this.channelName, this.me.name)) await this.tellAll("room.came");
    const accepted = this.accept();
    this.send("welcome", this.chat.roomWelcome(this.name));
    return accepted;
  }

  override async receive({ data }: Received<typeof room>) {
    const line = newLine(this.me, data.text);
    this.chat.roomTails.add(this.name, line);
    await this.room.send("room.said", line);
  }

  override async disconnect() {
    if (this.chat.presence.leave(this.room.name, this.channelName)) await this.tellAll("room.left");
  }

  private async tellAll(type: "room.came" | "room.left") {
    await this.room.send(type, { name: this.me.name });
    await this.layer.group(direct, siteGroup).send("site.room", this.chat.roomInfo(this.name));
  }
}
