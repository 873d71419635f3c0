// Measures one job queue: `node measure.mjs PEER URL ALARMS OVER_SECONDS LEAD_SECONDS`.
//
// This process adds the jobs in bulk, before they are due; another one (a fork of this file) works on them and does nothing
// but note how late each began. Prints one line of JSON: {"late_ms": [...], "bulk_per_s": n}; late_ms counts from the instant
// a job was due to the start of its handler, in the order in which they began.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [peer, url, alarms, over, lead, queue] = process.argv.slice(2);
const { produce, work } = await import(`./${peer}.mjs`);
const now = () => performance.timeOrigin + performance.now();
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

const BULK = 1000; // jobs in one call
const PATIENCE_S = 90; // after the last was due

if (queue) await worker();
else await producer(Number(alarms), Number(over), Number(lead));

async function worker() {
  const late = [];
  await work(url, queue, due => late.push(now() - due));
  process.on('message', question => {
    if (question === 'count') return process.send(late.length);
    process.send(late, () => process.exit(0));
  });
  process.send('ready');
}

async function producer(count, overSeconds, leadSeconds) {
  const name = `bench${process.pid}`;
  const { add, close } = await produce(url, name);
  const child = fork(fileURLToPath(import.meta.url), [peer, url, alarms, over, lead, name]);
  child.on('exit', code => { if (code) throw new Error(`the worker of ${peer} ended with ${code}`); });
  const answer = () => new Promise(resolve => child.once('message', resolve));
  const ask = question => { child.send(question); return answer(); };
  await answer();

  const began = now();
  const first = began + leadSeconds * 1000;
  const dues = Array.from({ length: count }, (_, n) => first + overSeconds * 1000 * n / count);
  for (let n = 0; n < count; n += BULK) await add(dues.slice(n, n + BULK));
  const added = now();
  if (added > first) throw new Error(`adding took ${Math.round(added - began)} ms, more than the lead: the first were late before they began`);

  const patience = first + (overSeconds + PATIENCE_S) * 1000;
  while (await ask('count') < count && now() < patience) await pause(250);
  const late = await ask('end');
  const figures = JSON.stringify({
    late_ms: late.map(ms => Math.round(ms * 1000) / 1000),
    bulk_per_s: Math.round(count / ((added - began) / 1000)),
  });
  // A pipe takes it piece by piece, and exiting does not wait for the rest.
  await new Promise(written => process.stdout.write(`${figures}\n`, written));
  await close();
  process.exit(0);
}
