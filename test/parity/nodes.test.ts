import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { HubChannelLayer } from "@solent/core/layer";
import { InProcessNetwork, testServer } from "@solent/core/testing";
import { expect, test } from "vitest";

class Room extends WebSocketConsumer {
  static override readonly groups = ["room"];

  override async receive(text: string) {
    await this.layer.groupSend("room", { type: "room.line", text });
  }

  room_line({ text }: { text: string }) {
    this.send(text);
  }

  group_gap({ group, cause }: { group: string; cause: string }) {
    this.send(`missed something of ${group}: ${cause}`);
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/", Room)]) });

test("two servers in one process share a group, and a member learns what a cut between them cost it", async () => {
  const network = new InProcessNetwork();
  const brokers = [network.broker(), network.broker()] as const;
  const nodes = brokers.map((broker) => testServer(app, { layer: new HubChannelLayer({}, { broker }) }));
  await using here = nodes[0]!;
  await using there = nodes[1]!;
  const ann = await here.connect("/");
  const ben = await there.connect("/");

  ann.sendFrame("hello");
  expect([await ann.nextFrame(), await ben.nextFrame()]).toEqual(["hello", "hello"]);

  brokers[1].disconnect();
  ann.sendFrame("are you there?");
  expect(await ann.nextFrame()).toBe("are you there?");
  brokers[1].reconnect();

  expect(await ben.nextFrame()).toBe("missed something of room: reconnect");
  ann.sendFrame("again");
  expect([await ann.nextFrame(), await ben.nextFrame()]).toEqual(["again", "again"]);
});
