import type { Audience } from '../parties/audience.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { namedUuidBeside } from '../platform/ids.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { statusAfter } from './lifecycle.ts';
import type { Finding } from './rules/rule.ts';
import { anomalies } from './tables.ts';

export type Anomaly = StateOf<typeof anomalies>;

/** An anomaly is the same for every judgement of (rule, subject, period). */
export const anomalyId = ({
  rule,
  subjectId,
  period,
}: {
  readonly rule: string;
  readonly subjectId: string;
  readonly period: string;
}): string => namedUuidBeside(subjectId, `anomaly ${rule} ${subjectId} ${period}`);

/** What an event of a judgement says; the parameters it was judged with are in the event and not on the anomaly. */
export type Judgement = Omit<Anomaly, 'id' | 'status' | 'firstSeenAt' | 'lastSeenAt' | 'beganAt' | 'endedAt'> & {
  readonly beganAt: string | null;
  readonly endedAt: string | null;
};

export const anomalyKind = subjectKind({
  name: 'anomaly',
  rank: RANKS.anomaly,
  table: anomalies,
  evolve: (state, event): Anomaly => {
    const status = statusAfter(event.type);
    if (!event.data.judgement) return { ...state!, status, lastSeenAt: event.occurredAt };
    const { beganAt, endedAt, ...judged } = event.data.judgement as unknown as Judgement;
    return {
      ...judged,
      id: event.subject.id,
      status,
      ruleRowId: judged.ruleRowId ?? null,
      finding: findingOf(judged.finding),
      beganAt: instant(beganAt),
      endedAt: instant(endedAt),
      firstSeenAt: state?.firstSeenAt ?? event.occurredAt,
      lastSeenAt: event.occurredAt,
    };
  },
});

const instant = (text: string | null | undefined): Date | null => (text ? new Date(text) : null);

/** Events from before tolerances were counted in anything but grams say `grams`; they are kept as they were. */
function findingOf(finding: Finding): Finding {
  const { tolerance } = finding as { readonly tolerance: { readonly grams?: number; name: string; source: string } };
  if (tolerance.grams === undefined) return finding;
  const { grams: value, name, source } = tolerance;
  return { ...finding, tolerance: { name, value, unit: 'grams', source } };
}

/** Visible to the parties it concerns and the regulators of its places. What has ended still waits for a person. */
export const audienceOfAnomaly = ({ status, partyIds, regions, stream }: Anomaly): Audience => ({
  stage: STAGE_OF[status],
  partyIds,
  regions,
  stream,
});

export const STAGE_OF = { open: 'open', ended: 'open', cleared: 'closed', void: 'closed' } as const;

/** Does this event of a subject change what a stock holds? Its type does not tell: many do. */
export const movesStock = (event: RecordedEvent): boolean => {
  const movements = (event.data.movements ?? []) as unknown as readonly {
    from: readonly string[];
    to: readonly string[];
  }[];
  return movements.some(({ from, to }) => from[0] === 'stock' || to[0] === 'stock');
};
