/**
 * What a plant keeps for longer than its store's temperature allows (GB 39707-2020 5.4.6), or, in an epidemic, than the hours
 * of its place. Counted from the arrival of the load. A cold store counts for what was put into it before the term of
 * ambient air had run out. Which wastes it is for, and all hours, are rows of `treatment-hours`. Pure.
 */
import { z } from 'zod';
import { dayInShanghai, minuteInShanghai } from '../../catalogue/calendar.ts';
import type { PolicyValue } from '../../catalogue/policy-definitions.ts';
import { STREAMS, streamOfCode } from '../../catalogue/streams.ts';
import { runsFor } from '../../catalogue/waste-codes.ts';
import type { Batch } from '../../custody/batches.ts';
import { type Book, termEnds, toleranceOf } from './clocks.ts';
import type { KeptIn } from './facts.ts';
import { hoursAfter, judgeTerm, massText, type Place, type Rule } from './rule.ts';

export const TREATMENT_OVERDUE_RULE: Rule<'batch', 'site' | 'stored' | 'keptIn' | 'arrivedAt', object> = {
  id: 'treatment_overdue',
  codes: ['MW-03', 'MW-04'],
  kind: 'breach',
  title: { zh: '运抵后超时未处置', en: 'Not treated in time after arrival' },
  streams: STREAMS,
  subject: 'batch',
  parameters: z.strictObject({}),
  unit: 'hours',
  policies: ['treatment-hours', 'epidemic-mode'],
  facts: ['site', 'stored', 'keptIn', 'arrivedAt'],
  wokenBy: { stock_moved: 'overdue_batches' },
  deadline: {
    on: ['batch_received', 'batch_split_off'],
    /** At once: when it arrived is no part of the batch, and the judge says when to ask again. */
    at: (batch, event, book) =>
      limitOf(batch, placeOf(batch, event.region!, batch.formedAt), book) ? event.recordedAt : null,
  },
  sceneOf: ({ batch, site, arrivedAt }) =>
    arrivedAt
      ? { ...placeOf(batch, site.region, arrivedAt), partyIds: [batch.partyId], regions: [site.region] }
      : { notJudged: 'arrivedAt' },
  judge({ batch, stored, keptIn, arrivedAt }, { steps, basis, book, scene, now }) {
    const limit = limitOf(batch, scene, book);
    if (!limit) return { notJudged: 'treatment-hours' };
    const from = arrivedAt!;
    const doneAt = stored.grams > 0 ? null : stored.lastMovedAt;
    if (stored.grams <= 0 && !doneAt) return { notJudged: 'stored' };
    const hours = hoursIn(keptIn, from, limit.value);
    const dueAt = termEnds(from, { hours, epidemicHours: limit.value.epidemicHours }, scene, book);
    return judgeTerm(steps, { dueAt, doneAt, now }, ({ severity }) => ({
      severity,
      observed: {
        arrivedAt: from.toISOString(),
        keptIn: keptIn.temperature ?? 'ambient',
        remainingGrams: Math.max(stored.grams, 0),
      },
      expected: { treatedBy: dueAt.toISOString() },
      tolerance: toleranceOf(limit, from, dueAt),
      basis,
      evidence: [batch.id, ...(batch.manifestId ? [batch.manifestId] : [])],
      summary: {
        zh: `${batch.wasteCode} 于 ${minuteInShanghai(from)} 运抵，应于 ${minuteInShanghai(dueAt)} 前处置，${doneAt ? `实际于 ${minuteInShanghai(doneAt)} 处置完毕` : `尚存 ${massText(stored.grams)}`}。`,
        en: `${batch.wasteCode} arrived at ${minuteInShanghai(from)} and was to be treated by ${minuteInShanghai(dueAt)}; ${doneAt ? `that was done at ${minuteInShanghai(doneAt)}` : `${massText(stored.grams)} are still there`}.`,
      },
      question: {
        partyId: batch.partyId,
        zh: '为何未按时处置，贮存温度是多少？',
        en: 'Why was it not treated in time, and at what temperature is it kept?',
      },
    }));
  },
};

function limitOf(batch: Batch, place: Place, book: Book) {
  const limit = batch.origin === 'received' ? book.policyIf('treatment-hours', place) : undefined;
  return limit && runsFor(limit.value, batch.wasteCode) ? limit : undefined;
}

const placeOf = ({ wasteCode }: Batch, region: string, instant: Date): Place => ({
  region,
  stream: streamOfCode(wasteCode),
  day: dayInShanghai(instant),
});

function hoursIn({ temperature, since }: KeptIn, arrivedAt: Date, hours: PolicyValue<'treatment-hours'>): number {
  if (temperature === null || temperature === 'ambient' || !since) return hours.ambientHours;
  if (since > hoursAfter(arrivedAt, hours.ambientHours)) return hours.ambientHours;
  return temperature === 'cold' ? hours.coldHours : hours.coldRemoteHours;
}
