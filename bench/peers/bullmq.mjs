// BullMQ on Redis. Delays are whole milliseconds; completed jobs are removed, as its guide for production recommends.
import { Queue, Worker } from 'bullmq';

const CONCURRENCY = 100;

const connectionTo = url => {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port), maxRetriesPerRequest: null };
};

export async function produce(url, name) {
  const queue = new Queue(name, { connection: connectionTo(url), defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  const job = due => ({ name: 'ring', data: { due }, opts: { delay: Math.max(1, Math.round(due - Date.now())) } });
  return {
    add: dues => queue.addBulk(dues.map(job)),
    close: async () => { await queue.obliterate({ force: true }); await queue.close(); },
  };
}

export async function work(url, name, onJob) {
  const handle = async job => { onJob(job.data.due); };
  const worker = new Worker(name, handle, { connection: connectionTo(url), concurrency: CONCURRENCY });
  worker.on('error', error => console.error(error.message));
  await worker.waitUntilReady();
}
