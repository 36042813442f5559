import type { PolicyBook } from '../catalogue/reference.ts';
import type { Audience } from '../parties/audience.ts';
import type { Act } from '../platform/acts.ts';
import { canonicalBytes, type Json, sha256 } from '../platform/events.ts';
import { namedUuidBeside } from '../platform/ids.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import type { Verdict } from './rules/rule.ts';
import { anomalies } from './tables.ts';

export type Anomaly = StateOf<typeof anomalies>;

/** What a judgement is about, with the verdict. */
export interface Judgement {
  readonly rule: string;
  readonly ruleVersion: number;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly period: string;
  readonly partyIds: readonly string[];
  readonly regions: readonly string[];
  readonly stream: string;
  readonly verdict: Verdict;
}

/** An anomaly is the same for every judgement of (rule, subject, period). */
export const anomalyId = ({ rule, subjectId, period }: Pick<Judgement, 'rule' | 'subjectId' | 'period'>): string =>
  namedUuidBeside(subjectId, `anomaly ${rule} ${subjectId} ${period}`);

export const anomalyKind = subjectKind({
  name: 'anomaly',
  rank: RANKS.anomaly,
  table: anomalies,
  evolve: (state, event): Anomaly => {
    if (event.type === 'anomaly_cleared') return { ...state!, status: 'cleared', lastSeenAt: event.occurredAt };
    const { verdict: _, ...judged } = event.data.judgement as unknown as Omit<
      Anomaly,
      'id' | 'status' | 'firstSeenAt' | 'lastSeenAt'
    > & { verdict?: unknown };
    return {
      ...judged,
      id: event.subject.id,
      status: 'open',
      firstSeenAt: state?.firstSeenAt ?? event.occurredAt,
      lastSeenAt: event.occurredAt,
    };
  },
});

/** Raises, updates, reopens or clears one anomaly; a verdict that changes nothing leaves no event. */
export const judge: Act<Judgement, PolicyBook> = {
  name: 'judge',
  kind: 'system',
  needs: (input) => ({ lock: [{ kind: 'anomaly', id: anomalyId(input) }] }),
  decide(input, states, facts) {
    const id = anomalyId(input);
    const before = states.get(anomalyKind, id);
    const { verdict, ...about } = input;
    const base = {
      subject: { kind: 'anomaly', id },
      occurredAt: facts.now,
      region: input.regions[0] ?? null,
      refs: [input.subjectId],
    };
    if ('notJudged' in verdict) return { events: [], answer: { id, outcome: 'not_judged' } };
    if ('clear' in verdict) {
      if (before?.status !== 'open') return { events: [], answer: { id, outcome: 'clear' } };
      return {
        events: [{ ...base, type: 'anomaly_cleared', data: { rule: input.rule, ruleVersion: input.ruleVersion } }],
        answer: { id, outcome: 'cleared' },
      };
    }
    const findingHash = sha256(canonicalBytes(verdict.finding)).toString('hex');
    if (before?.status === 'open' && before.findingHash === findingHash)
      return { events: [], answer: { id, outcome: 'unchanged' } };
    const type = !before ? 'anomaly_raised' : before.status === 'open' ? 'anomaly_updated' : 'anomaly_reopened';
    const judgement = { ...about, severity: verdict.finding.severity, finding: verdict.finding, findingHash };
    return {
      events: [{ ...base, type, data: { judgement: judgement as unknown as Json } }],
      answer: { id, outcome: type },
    };
  },
};

/** Visible to the parties it concerns and the regulators of its places. */
export const audienceOfAnomaly = (anomaly: Anomaly): Audience => ({
  stage: anomaly.status === 'open' ? 'open' : 'closed',
  partyIds: anomaly.partyIds,
  regions: anomaly.regions,
});
