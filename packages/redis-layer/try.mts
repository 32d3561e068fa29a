import { RedisPubSubChannelLayer } from "./src/index.ts";
import { Redis } from "ioredis";
const port = 7998;
const opts = { redis: `redis://127.0.0.1:${port}`, onProblem: (e: Error, s: string) => console.log("problem", s, e.message) };
const a = new RedisPubSubChannelLayer(opts), b = new RedisPubSubChannelLayer(opts);
const ch = await a.newChannel(), ch2 = await b.newChannel();
const t0 = performance.now();
await a.groupAdd("room", ch.name); await b.groupAdd("room", ch2.name);
console.log("joined", performance.now() - t0);
await b.groupSend("room", { type: "chat.message", text: "hi" });
console.log(await ch.receive({ timeoutMs: 1000 }), await ch2.receive({ timeoutMs: 1000 }));
await a.send(ch2.name, { type: "a.b" }); console.log(await ch2.receive({timeoutMs: 1000}));
const admin = new Redis(port);
await admin.client("KILL", "TYPE", "pubsub");
await b.groupSend("room", { type: "chat.message", text: "lost?" });
await new Promise(r => setTimeout(r, 500));
await b.groupSend("room", { type: "chat.message", text: "after" });
for (let i = 0; i < 2; i++) console.log(await ch.receive({ timeoutMs: 1000 }).catch(String));
console.log(await admin.keys("*"));
const c = a.newChannel();
{ const cs = await Promise.all(Array.from({length: 10000}, () => a.newChannel()));
  const t = performance.now(), u = process.cpuUsage();
  await Promise.all(cs.map((c, i) => a.groupAdd("g" + i, c.name)));
  const d = process.cpuUsage(u);
  console.log("10k joins", performance.now() - t, "ms cpu us each", (d.user + d.system) / 10000);
}
{ const m0 = Number((await admin.info("stats")).match(/total_net_input_bytes:(\d+)/)![1]);
  const t = performance.now(), u = process.cpuUsage(); const N = 50000; let inflight: Promise<void>[] = [];
  for (let i = 0; i < N; i++) { inflight.push(b.groupSend("nobody", { type: "chat.message", text: "x".repeat(100) })); if (inflight.length === 256) { await Promise.all(inflight); inflight = []; } }
  await Promise.all(inflight);
  const d = process.cpuUsage(u);
  const m1 = Number((await admin.info("stats")).match(/total_net_input_bytes:(\d+)/)![1]);
  console.log("sends/s", N / (performance.now() - t) * 1000, "cpu us each", (d.user + d.system) / N, "bytes in", (m1 - m0) / N);
}
console.log(a.stats(), b.stats());
await a.close(); await b.close(); admin.disconnect();
