import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";

class Echo extends WebSocketConsumer {
  count = 0;

  override receive(text: string) {
    this.count += 1;
    this.send(`${this.count}: ${text}`);
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/echo", Echo)]) });

const server = await serve(app, { port: Number(process.env["PORT"] ?? 8000) });
console.log(`http://localhost:${server.port}`);
