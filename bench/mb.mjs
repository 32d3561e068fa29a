import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { createClient } from "redis";
const url=process.argv[2], mode=process.argv[3], groups=Number(process.argv[4]??1000), per=Number(process.argv[5]??40), total=Number(process.argv[6]??200000);
let got=0; const N=total;
const cpu=()=>process.cpuUsage();
async function run(send){
  let n=0, inflight=0;
  await new Promise(res=>{const pump=()=>{ for(let i=0;i<per;i++){ send(n%groups,n); n++; } };
    globalThis.onGot=()=>{got++; if(got%per===0){ if(got>=N) res(); else setImmediate(pump);} }; pump(); });
}
let send;
if(mode==='solent'||mode==='volatile'){
  const layer=new RedisPubSubChannelLayer({redis:url}); await layer.ready();
  const names=Array.from({length:groups},(_,i)=>`chat.r${i}`);
  await Promise.all(names.map(n=>layer.attach({deliver(m){globalThis.onGot();return true}}).join(n)));
  const v=mode==='volatile';
  send=(g,n)=>{void layer.publish(names[g],{type:'chat.message',data:{message:'hello hello hello hello '+n},volatile:v}).catch(e=>{console.error(e);process.exit(1)})};
} else {
  const pub=createClient({url}); const sub=pub.duplicate(); await Promise.all([pub.connect(),sub.connect()]);
  const names=Array.from({length:groups},(_,i)=>`chat.r${i}`);
  for(const n of names) await sub.subscribe(n,t=>globalThis.onGot(JSON.parse(t)));
  send=(g,n)=>void pub.publish(names[g],JSON.stringify({message:'hello hello hello hello '+n}));
}
await run(send); // warm
got=0; const a=cpu(), t=performance.now(); await run(send); const b=process.cpuUsage(a);
console.log(mode,`groups ${groups} per ${per}`,'user us/msg',(b.user/N).toFixed(2),'sys',(b.system/N).toFixed(2),'wall',((performance.now()-t)*1e3/N).toFixed(2));
process.exit(0);
