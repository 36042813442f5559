import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { recordGeneration } from '../../src/generation/commands.ts';
import * as filing from '../../src/manifests/filing-commands.ts';
import * as load from '../../src/manifests/load-commands.ts';
import type { Act } from '../../src/platform/acts.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createMetrics, serveMetrics } from '../../src/platform/metrics.ts';
import { startService } from '../../src/service.ts';
import { recordWeighTicket } from '../../src/transport/commands.ts';
import { loadQueue, nextAct, type Step } from '../loads.ts';
import { obeyOrders } from '../orders.ts';

/**
 * Ceiling (c): the journal fed directly with ready acts, up to 100 a transaction on 2 lanes, jobs in the same process
 * as ever. The same rows as ours are written; what is left out is HTTP, authentication, limits, validation and the
 * answer's serialisation. It feeds itself, so its CPU includes the making of the acts' inputs.
 */
const ACTS: Readonly<Record<Step, Act<never, never>>> = {
  generate: recordGeneration as unknown as Act<never, never>,
  draft: filing.draft as unknown as Act<never, never>,
  issue: filing.issue as unknown as Act<never, never>,
  pickup: load.pickup as unknown as Act<never, never>,
  weigh: recordWeighTicket as unknown as Act<never, never>,
  arrival: load.arrival as unknown as Act<never, never>,
  receipt: load.receipt as unknown as Act<never, never>,
};

const metrics = createMetrics();
await serveMetrics(metrics, Number(process.env.METRICS_PORT));
const logger = pino({ level: 'info' }, pino.destination({ dest: 2, sync: false }));
const service = await startService({
  config: readConfig({ JOURNAL_LANES: '2', JOURNAL_GROUP_MAX: '100' }),
  databaseUrl: process.env.DATABASE_URL!,
  clock: systemClock,
  logger,
  metrics,
});

obeyOrders(async ({ concurrency, work }) => {
  if (work.kind !== 'loads') throw new Error('only loads can be fed to the journal');
  const queue = loadQueue({ ...work, underWay: concurrency });
  const ask = async (): Promise<boolean> => {
    const load = queue.take();
    if (!load) return false;
    const { step, by, body, path, key } = nextAct(load, new Date());
    const isOnManifest = path.startsWith('/v1/manifests/');
    const input = isOnManifest ? { ...body, id: load.manifestId } : body;
    const answer = await service.journal.submit(ACTS[step], input as never, {
      caller: { actor: { party: by.partyId, key: by.keyId }, role: 'member', site: null },
      organisation: by.partyId,
      key,
    });
    queue.putBack(load, String(answer.body.id));
    return true;
  };
  return Array.from({ length: concurrency }, () => ({ ask, close: () => {} }));
});
process.once('SIGTERM', async () => {
  await service.stop();
  process.exit();
});
