// pg-boss: two pollers that fetch 1,000 jobs at a time, at the shortest polling interval it allows.
import PgBoss from 'pg-boss';

const POLLERS = 2;
const BATCH = 1000;
const POLL_SECONDS = 0.5;

async function open(connectionString) {
  const boss = new PgBoss({ connectionString, max: 8, supervise: false, schedule: false });
  boss.on('error', error => console.error(error.message));
  await boss.start();
  return boss;
}

export async function produce(url, name) {
  const boss = await open(url);
  await boss.createQueue(name);
  const job = due => ({ name, data: { due }, startAfter: new Date(due).toISOString() });
  return { add: dues => boss.insert(dues.map(job)), close: () => boss.stop({ graceful: false }) };
}

export async function work(url, name, onJob) {
  const boss = await open(url);
  const handle = async jobs => { for (const job of jobs) onJob(job.data.due); };
  for (let poller = 0; poller < POLLERS; poller++) {
    await boss.work(name, { batchSize: BATCH, pollingIntervalSeconds: POLL_SECONDS }, handle);
  }
}
