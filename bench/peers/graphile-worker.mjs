// graphile-worker, as its performance page recommends for throughput: jobs are fetched in batches and completed in batches.
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker';

const POLL_MS = 100;
const LOCAL_QUEUE = 500;
const CONCURRENCY = 24;
const logger = new Logger(() => () => {});

export async function produce(connectionString) {
  await runMigrations({ connectionString, logger });
  const jobs = await makeWorkerUtils({ connectionString, logger });
  return {
    add: dues => jobs.addJobs(dues.map(due => ({ identifier: 'ring', payload: { due }, runAt: new Date(due) }))),
    close: () => jobs.release(),
  };
}

export async function work(connectionString, _queue, onJob) {
  const worker = {
    pollInterval: POLL_MS,
    concurrentJobs: CONCURRENCY,
    maxPoolSize: CONCURRENCY + 2,
    localQueue: { size: LOCAL_QUEUE },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  };
  await run({
    connectionString, logger, noHandleSignals: true, preset: { worker },
    taskList: { ring: async ({ due }) => { onJob(due); } },
  });
}
