import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Test } from 'tap';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createFirstAdministrator } from '../../src/parties/granting.ts';
import { type PlayedClock, playedClock } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { type Service, startService } from '../../src/service.ts';
import { DAY } from '../../src/simulator/days.ts';
import { OPERATOR, type Outcome, playAndCompare } from '../../src/simulator/demo.ts';
import { type History, historyOf } from '../../src/simulator/history.ts';
import { SHIPPED } from '../../src/simulator/parameters.ts';
import { beginningOf } from '../../src/simulator/play.ts';
import { chance } from '../../src/simulator/random.ts';
import { stageOf } from '../../src/stage.ts';
import { cloneDatabase } from '../support/database.ts';

/** A history played through HTTP against a service of its own, on a database of its own; both end with the test. */
export async function playedOn(
  t: Pick<Test, 'teardown'>,
  history: History,
): Promise<Outcome & { readonly service: Service; readonly clock: PlayedClock }> {
  const database = await cloneDatabase();
  const clock = playedClock(new Date(beginningOf(history)));
  const config = readConfig({ LOG_LEVEL: 'silent', RATE_LIMIT_PER_MINUTE: '1000000' });
  const logger = pino({ level: 'silent' });
  const metrics = createMetrics();
  const service = await startService({ config, databaseUrl: database.url, clock, logger, metrics });
  const app = await buildApp({ config, service, logger, metrics, version: 'test' });
  t.teardown(async () => {
    await app.close();
    await service.stop();
    await database.drop();
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const { apiKey } = await createFirstAdministrator(service.journal, OPERATOR);
  const outcome = await playAndCompare(history, stageOf(service, clock, `http://127.0.0.1:${port}`, apiKey));
  return { ...outcome, service, clock };
}

export interface Week {
  readonly seed: string;
  readonly until: number;
  readonly days: number;
  readonly manifests: number;
}

/** A seed that nobody has seen, and an end that lies somewhere in two years, at any hour. */
export function unseenWeek(size: Pick<Week, 'days' | 'manifests'>): Week {
  const seed = randomBytes(4).toString('hex');
  const from = Date.parse('2026-01-05T00:00:00Z');
  return { ...size, seed, until: from + Math.floor(chance(`end of ${seed}`).between(0, 700) * DAY) };
}

/** As whoever wants to see it again would start it. */
export const commandOf = ({ seed, until, days, manifests }: Week): string =>
  `npm run simulate -- --seed ${seed} --until ${new Date(until).toISOString()} --days ${days} --manifests ${manifests}`;

/** The city has hazardous waste only, no gates, terminals or waybills: nothing is expected of these, and nothing may be found. */
const NOT_PLAYED = [
  'clearance_overdue',
  'clinic_too_large',
  'container_weight_drift',
  'dry_mass',
  'load_out_of_range',
  'pickup_gap',
  'project_discharge_received',
  'project_over_plan',
  'sharps_packaging',
  'site_over_daily_capacity',
  'storage_over_hours',
  'treatment_overdue',
  'trip_without_manifest',
  'waybill_mismatch',
];

/** What the service found in that week is the answer key, rule by rule, none left out. */
export async function equalsItsKey(t: Test, week: Week): Promise<void> {
  t.comment(commandOf(week));
  const { comparison } = await playedOn(t, historyOf(week));
  t.same(comparison.differences, [], commandOf(week));
  t.same(comparison.notAsked, []);
  t.same(
    comparison.rules.map(({ rule }) => rule),
    [...Object.keys(SHIPPED.steps), ...NOT_PLAYED].sort(),
    'every rule',
  );
  t.ok(comparison.rules.some(({ expected }) => expected > 0));
}
