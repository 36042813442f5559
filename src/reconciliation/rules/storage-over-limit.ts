/**
 * A batch that has lain longer than it may. A licensed operator: one year, 固废法 81 ¶3, from 2026-08-15 法典 535 ¶3. A
 * producer: local law, else our default. Both are policies of the site, on the day the batch came to lie there. Pure.
 */
import { z } from 'zod';
import { addDays, dayInShanghai, endOfDayInShanghai } from '../../catalogue/calendar.ts';
import { POLICIES } from '../../catalogue/policy-definitions.ts';
import { streamOfCode } from '../../catalogue/streams.ts';
import type { Batch } from '../../custody/batches.ts';
import { judgeTerm, massText, type Rule, type RuleBook } from './rule.ts';

export const STORAGE_OVER_LIMIT_RULE: Rule<'batch', 'site' | 'stored', object> = {
  id: 'storage_over_limit',
  codes: ['HW-15', 'HW-16', 'HW-19'],
  kind: 'breach',
  title: { zh: '贮存超期', en: 'Stored for longer than allowed' },
  streams: POLICIES['producer-storage-days'].streams,
  subject: 'batch',
  parameters: z.strictObject({}),
  unit: 'hours',
  policies: ['operator-storage-days', 'producer-storage-days'],
  facts: ['site', 'stored'],
  wokenBy: { stock_moved: 'overdue_batches' },
  deadline: {
    on: ['generation_recorded', 'batch_received', 'residue_formed', 'batch_split_off', 'container_filled'],
    at(batch, event, book) {
      const place = {
        region: event.region!,
        stream: streamOfCode(batch.wasteCode),
        day: dayInShanghai(batch.formedAt),
      };
      return isLimited(batch) && book.rule('storage_over_limit', place)
        ? dueAt(batch, limitOf(batch, place, book).value)
        : null;
    },
  },
  sceneOf: ({ batch, site }) => ({
    region: site.region,
    stream: streamOfCode(batch.wasteCode),
    day: dayInShanghai(batch.formedAt),
    partyIds: [...new Set([batch.partyId, batch.ownerId])],
    regions: [site.region],
  }),
  judge({ batch, stored }, { steps, basis, book, scene, now }) {
    const limit = limitOf(batch, scene, book);
    const doneAt = stored.grams > 0 ? null : stored.lastMovedAt;
    if (stored.grams <= 0 && !doneAt) return { notJudged: 'stored' };
    const due = dueAt(batch, limit.value);
    const lastDay = addDays(scene.day, limit.value);
    return judgeTerm(steps, { dueAt: due, doneAt, now }, ({ severity }) => ({
      severity,
      observed: { formedOn: scene.day, remainingGrams: Math.max(stored.grams, 0) },
      expected: { movedOnBy: lastDay },
      tolerance: {
        name: limit.policy,
        value: limit.value,
        unit: 'days',
        source: `${limit.basis.instrument}: ${limit.basis.article}`,
      },
      basis,
      evidence: [batch.id],
      summary: {
        zh: `${batch.wasteCode} 一批自 ${scene.day} 起贮存，期限 ${limit.value} 天至 ${lastDay}，${doneAt ? `于 ${dayInShanghai(doneAt)} 移出` : `尚存 ${massText(stored.grams)}`}。`,
        en: `A batch of ${batch.wasteCode} has been stored since ${scene.day}; its ${limit.value} days ended on ${lastDay} and ${doneAt ? `it left on ${dayInShanghai(doneAt)}` : `${massText(stored.grams)} are still there`}.`,
      },
      question: {
        partyId: batch.partyId,
        zh: '该批废物何时转移或处置，是否经批准延期？',
        en: 'When will this batch be moved on or treated, and was a longer term approved?',
      },
    }));
  },
};

const isLimited = ({ wasteCode }: Batch): boolean => STORAGE_OVER_LIMIT_RULE.streams.includes(streamOfCode(wasteCode));

/** What was received lies with a licensed operator; what came into being lies with its producer. */
function limitOf(batch: Batch, place: Parameters<RuleBook['policy']>[1], book: Pick<RuleBook, 'policy'>) {
  return book.policy(batch.origin === 'received' ? 'operator-storage-days' : 'producer-storage-days', place);
}

/** The day itself is not counted (Civil Code 201). */
const dueAt = ({ formedAt }: Batch, days: number): Date => endOfDayInShanghai(addDays(dayInShanghai(formedAt), days));
