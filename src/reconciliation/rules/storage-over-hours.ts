/**
 * What a producer keeps for longer than its hours: medical waste two days (医疗废物管理条例 17), and whatever stream a row of
 * `storage-hours` names. The clock of a container starts when it was closed, else when it was labelled; of what is in none,
 * when it came into being. It does not start again in a shared store unless the row says so (小箱进大箱). Pure.
 */
import { z } from 'zod';
import { dayInShanghai, minuteInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS, streamOfCode } from '../../catalogue/streams.ts';
import { runsFor } from '../../catalogue/waste-codes.ts';
import type { Batch } from '../../custody/batches.ts';
import { type Book, toleranceOf } from './clocks.ts';
import type { RuleFacts } from './facts.ts';
import { hoursAfter, judgeTerm, massText, type Place, type Rule } from './rule.ts';

export const STORAGE_OVER_HOURS_RULE: Rule<'batch', 'site' | 'stored' | 'closedAt' | 'keptIn', object> = {
  id: 'storage_over_hours',
  codes: ['MW-01', 'GS-03'],
  kind: 'breach',
  title: { zh: '暂存超时', en: 'Stored for more hours than allowed' },
  streams: STREAMS,
  subject: 'batch',
  parameters: z.strictObject({}),
  unit: 'hours',
  policies: ['storage-hours'],
  facts: ['site', 'stored', 'closedAt', 'keptIn'],
  wokenBy: { stock_moved: 'overdue_batches', container_closed: 'batches_in_container' },
  deadline: {
    on: ['generation_recorded', 'container_filled', 'batch_split_off'],
    at(batch, event, book) {
      const limit = limitOf(batch, placeOf(batch, event.region!), book);
      return limit ? hoursAfter(batch.formedAt, limit.value.hours) : null;
    },
  },
  sceneOf: ({ batch, site }) => ({
    ...placeOf(batch, site.region),
    partyIds: [...new Set([batch.partyId, batch.ownerId])],
    regions: [site.region],
  }),
  judge({ batch, stored, closedAt, keptIn }, { steps, basis, book, scene, now }) {
    const limit = limitOf(batch, scene, book);
    if (!limit) return { notJudged: 'storage-hours' };
    const doneAt = stored.grams > 0 ? null : stored.lastMovedAt;
    if (stored.grams <= 0 && !doneAt) return { notJudged: 'stored' };
    const from = startOf(batch, closedAt, limit.value.restartsAtHub === true ? keptIn : undefined);
    const dueAt = hoursAfter(from, limit.value.hours);
    return judgeTerm(steps, { dueAt, doneAt, now }, ({ severity }) => ({
      severity,
      observed: { from: from.toISOString(), remainingGrams: Math.max(stored.grams, 0) },
      expected: { movedOnBy: dueAt.toISOString() },
      tolerance: toleranceOf(limit, from, dueAt),
      basis,
      evidence: [batch.id, ...(batch.containerId ? [batch.containerId] : [])],
      summary: {
        zh: `${batch.wasteCode} 自 ${minuteInShanghai(from)} 起暂存，应于 ${minuteInShanghai(dueAt)} 前移出，${doneAt ? `实际于 ${minuteInShanghai(doneAt)} 移出` : `尚存 ${massText(stored.grams)}`}。`,
        en: `${batch.wasteCode} has been kept since ${minuteInShanghai(from)} and was to leave by ${minuteInShanghai(dueAt)}; ${doneAt ? `it left at ${minuteInShanghai(doneAt)}` : `${massText(stored.grams)} are still there`}.`,
      },
      question: {
        partyId: batch.ownerId,
        zh: '这些废物为何未在规定时间内交出？',
        en: 'Why was this waste not handed over in time?',
      },
    }));
  },
};

/** What was received from another has a clock of its own: until it is treated. */
function limitOf(batch: Batch, place: Place, book: Book) {
  const limit = batch.origin === 'received' ? undefined : book.policyIf('storage-hours', place);
  return limit && runsFor(limit.value, batch.wasteCode) ? limit : undefined;
}

const placeOf = ({ wasteCode, formedAt }: Batch, region: string): Place => ({
  region,
  stream: streamOfCode(wasteCode),
  day: dayInShanghai(formedAt),
});

/** In a hub whose place says so, from when it was put into the shared store. */
function startOf(batch: Batch, closedAt: Date | null, hub: RuleFacts['keptIn'] | undefined): Date {
  const isTenants = batch.ownerId !== batch.partyId;
  return (isTenants ? hub?.since : null) ?? closedAt ?? batch.formedAt;
}
