import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { manifestKind } from '../manifests/manifest.ts';
import type { Audience } from '../parties/audience.ts';
import type { Act, Decision, States } from '../platform/acts.ts';
import { canonicalText, type Json, sha256 } from '../platform/events.ts';
import { namedUuidBeside } from '../platform/ids.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { massFactsOf } from './mass-facts.ts';
import { weighingsLookup } from './queries.ts';
import { judgeMass, MASS_RULE } from './rules/mass.ts';
import type { Verdict } from './rules/rule.ts';
import { anomalies } from './tables.ts';

export type Anomaly = StateOf<typeof anomalies>;

/** What a judgement is about. */
export interface Judgement {
  readonly rule: string;
  readonly ruleVersion: number;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly period: string;
  readonly partyIds: readonly string[];
  readonly regions: readonly string[];
  readonly stream: string;
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
    const judged = event.data.judgement as unknown as Omit<Anomaly, 'id' | 'status' | 'firstSeenAt' | 'lastSeenAt'>;
    return {
      ...judged,
      id: event.subject.id,
      status: 'open',
      firstSeenAt: state?.firstSeenAt ?? event.occurredAt,
      lastSeenAt: event.occurredAt,
    };
  },
});

/** Compares every account of one manifest's mass. */
export const judgeMassOf: Act<{ readonly manifestId: string }, PolicyBook> = {
  name: 'judge_mass',
  kind: 'system',
  needs: ({ manifestId }) => ({
    lock: [{ kind: 'anomaly', id: anomalyId(massOf(manifestId)) }],
    read: [{ kind: 'manifest', id: manifestId }],
    lookups: [{ lookup: weighingsLookup, key: manifestId }],
  }),
  decide({ manifestId }, states, facts) {
    const manifest = states.get(manifestKind, manifestId);
    const about = massOf(manifestId);
    if (!manifest?.issuedAt) return { events: [], answer: { id: anomalyId(about), outcome: 'not_judged' } };
    const verdict = judgeMass(massFactsOf(manifest, states.found(weighingsLookup, manifestId), facts.reference));
    const { consignorId, carrierId, consigneeId, originRegion, destinationRegion, stream } = manifest;
    const regions = [...new Set([originRegion, destinationRegion])];
    return settle(
      {
        ...about,
        ruleVersion: MASS_RULE.version,
        subjectKind: 'manifest',
        partyIds: [consignorId, carrierId, consigneeId],
        regions,
        stream,
      },
      verdict,
      states,
      facts,
    );
  },
};

const massOf = (manifestId: string) => ({ rule: MASS_RULE.id, subjectId: manifestId, period: '' });

/** Raises, updates, reopens or clears one anomaly; a verdict that changes nothing leaves no event. */
function settle(about: Judgement, verdict: Verdict, states: States, facts: Facts): Decision {
  const id = anomalyId(about);
  const before = states.get(anomalyKind, id);
  const base = {
    subject: { kind: 'anomaly', id },
    occurredAt: facts.now,
    region: about.regions[0] ?? null,
    refs: [about.subjectId],
  };
  if ('notJudged' in verdict) return { events: [], answer: { id, outcome: 'not_judged' } };
  if ('clear' in verdict) {
    if (before?.status !== 'open') return { events: [], answer: { id, outcome: 'clear' } };
    return {
      events: [{ ...base, type: 'anomaly_cleared', data: { rule: about.rule, ruleVersion: about.ruleVersion } }],
      answer: { id, outcome: 'cleared' },
    };
  }
  const findingHash = sha256(canonicalText(verdict.finding)).toString('hex');
  if (before?.status === 'open' && before.findingHash === findingHash)
    return { events: [], answer: { id, outcome: 'unchanged' } };
  const type = !before ? 'anomaly_raised' : before.status === 'open' ? 'anomaly_updated' : 'anomaly_reopened';
  const judgement = { ...about, severity: verdict.finding.severity, finding: verdict.finding, findingHash };
  return {
    events: [{ ...base, type, data: { judgement: judgement as unknown as Json } }],
    answer: { id, outcome: type },
  };
}

/** Visible to the parties it concerns and the regulators of its places. */
export const audienceOfAnomaly = ({ status, partyIds, regions, stream }: Anomaly): Audience => ({
  stage: status === 'open' ? 'open' : 'closed',
  partyIds,
  regions,
  stream,
});
