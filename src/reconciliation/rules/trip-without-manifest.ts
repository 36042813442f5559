/**
 * A vehicle went from where waste arises to where it is taken, and no manifest says so. The carrier loads only with an issued
 * manifest (TM 11(1)), and construction waste travels with one too (法典 518). A driver without a network, or with the paper form, tells it
 * later: who tells is waited for, and a manifest that comes even later clears the question. Pure.
 */
import { z } from 'zod';
import { dayInShanghai, minuteInShanghai } from '../../catalogue/calendar.ts';
import { type Finding, type Place, type Rule, stepOver } from './rule.ts';

const Parameters = z.strictObject({
  /** After we first knew of the trip. */
  patienceMinutes: z.number().int().positive(),
});
type Parameters = z.infer<typeof Parameters>;

const placeOf = (trip: {
  readonly fromRegion: string;
  readonly stream: Place['stream'];
  readonly departedAt: Date;
}): Place => ({
  region: trip.fromRegion,
  stream: trip.stream,
  day: dayInShanghai(trip.departedAt),
});

const minutesAfter = (instant: Date, minutes: number): Date => new Date(instant.getTime() + minutes * 60_000);

export const TRIP_WITHOUT_MANIFEST_RULE: Rule<'observed_trip', never, Parameters> = {
  id: 'trip_without_manifest',
  codes: ['CW-01', 'HW-04'],
  kind: 'condition',
  title: { zh: '观测到的运输没有联单', en: 'An observed trip has no manifest' },
  streams: ['hazardous', 'medical', 'construction'],
  subject: 'observed_trip',
  parameters: Parameters,
  unit: 'count',
  facts: [],
  wokenBy: {
    observed_trip_matched: 'itself',
    observed_trip_unmatched: 'itself',
    observed_trip_withdrawn: 'itself',
  },
  deadline: {
    on: ['observed_trip_recorded'],
    at(trip, _event, book) {
      const row = book.rule<Parameters>('trip_without_manifest', placeOf(trip));
      return row ? minutesAfter(trip.observedAt, row.parameters.patienceMinutes) : null;
    },
  },
  sceneOf({ observed_trip: trip }) {
    const partyIds = [...new Set([trip.fromPartyId, trip.toPartyId, ...(trip.carrierId ? [trip.carrierId] : [])])];
    return { ...placeOf(trip), partyIds, regions: [...new Set([trip.fromRegion, trip.toRegion])] };
  },
  judge({ observed_trip: trip }, { now, parameters, steps, basis }) {
    if (trip.status === 'withdrawn' || trip.manifestId !== null) return { clear: true };
    const dueAt = minutesAfter(trip.observedAt, parameters.patienceMinutes);
    if (now < dueAt) return { clear: true, againAt: dueAt };
    const step = stepOver(steps, 1);
    if (!step) return { clear: true };
    const [left, came] = [minuteInShanghai(trip.departedAt), minuteInShanghai(trip.arrivedAt)];
    const finding: Finding = {
      severity: step.severity,
      observed: {
        plate: trip.plate,
        departedAt: trip.departedAt.toISOString(),
        arrivedAt: trip.arrivedAt.toISOString(),
        sources: [...new Set(trip.evidence.map(({ source }) => source))].join(' '),
      },
      expected: { manifests: 1 },
      tolerance: { name: 'patienceMinutes', value: parameters.patienceMinutes, unit: 'minutes', source: basis },
      basis,
      evidence: [trip.id, ...trip.evidence.flatMap(({ source, id }) => (source === 'gate' ? [id] : []))],
      summary: {
        zh: `车辆 ${trip.plate} 于 ${left} 驶出、${came} 驶入，没有与之对应的联单。`,
        en: `${trip.plate} left at ${left} and came in at ${came}; no manifest answers to it.`,
      },
      question: {
        partyId: trip.carrierId ?? trip.fromPartyId,
        zh: `车辆 ${trip.plate} 该次运输装载了什么？联单编号是多少？`,
        en: `What did ${trip.plate} carry on that journey, and under which manifest?`,
      },
    };
    return { finding };
  },
};
