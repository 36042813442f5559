/**
 * The consignee confirms within five working days. TM 18 ¶1; counted as docs/decisions/0006-clocks.md says, from arrival
 * until acceptance is recorded. It counts when we recorded it, for the duty is to confirm in the system; as told only while
 * that can be believed: offline within the hours of our patience, on paper within the term to enter the form. Pure.
 */

import { z } from 'zod';
import { dayInShanghai, endOfDayInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS } from '../../catalogue/streams.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { RuleFacts } from './facts.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { hoursAfter, judgeTerm, type Rule, type RuleBook, type Scene } from './rule.ts';

export const CONFIRMATION_OVERDUE_RULE: Rule<'manifest', 'receipt', object> = {
  id: 'confirmation_overdue',
  codes: ['HW-01'],
  kind: 'breach',
  title: { zh: '接受人逾期未确认', en: 'The consignee has not confirmed in time' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'hours',
  policies: ['late-report-patience-hours'],
  facts: ['receipt'],
  wokenBy: { receipt_recorded: 'itself', manifest_corrected: 'itself' },
  deadline: {
    on: ['arrived', 'manifest_corrected'],
    at: ({ receiptDueOn, acceptedAt }) =>
      receiptDueOn && acceptedAt === null ? endOfDayInShanghai(receiptDueOn) : null,
  },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'destinationRegion', manifest.arrivedAt, 'arrivedAt'),
  judge({ manifest, receipt }, { steps, basis, now, book, scene }) {
    if (!manifest.receiptDueOn) return { notJudged: 'receiptDueOn' };
    const dueOn = manifest.receiptDueOn;
    const confirmedAt = receipt && confirmedOf(receipt, manifest, scene, book);
    const term = book.policy('confirm-receipt-working-days', scene);
    return judgeTerm(steps, { dueAt: endOfDayInShanghai(dueOn), doneAt: confirmedAt, now }, ({ severity }) => {
      const confirmedOn = confirmedAt && dayInShanghai(confirmedAt);
      return {
        severity,
        observed: { arrivedOn: scene.day, ...(confirmedOn ? { confirmedOn } : {}) },
        expected: { confirmedBy: dueOn },
        tolerance: {
          name: 'confirm-receipt-working-days',
          value: term.value,
          unit: 'workingDays',
          source: `${term.basis.instrument}: ${term.basis.article}`,
        },
        basis,
        evidence: eventsOf(manifest),
        summary: confirmedOn
          ? {
              zh: `${scene.day} 运抵，应于 ${dueOn} 前确认接受，实际于 ${confirmedOn} 确认。`,
              en: `It arrived on ${scene.day}, was to be confirmed by ${dueOn} and was confirmed on ${confirmedOn}.`,
            }
          : {
              zh: `${scene.day} 运抵，应于 ${dueOn} 前确认接受，至今未确认。`,
              en: `It arrived on ${scene.day}, was to be confirmed by ${dueOn} and is not confirmed yet.`,
            },
        question: {
          partyId: manifest.consigneeId,
          zh: `为何未在 ${dueOn} 前确认接受？`,
          en: `Why was the receipt not confirmed by ${dueOn}?`,
        },
      };
    });
  },
};

function confirmedOf(
  { entryMode, occurredAt, recordedAt }: NonNullable<RuleFacts['receipt']>,
  { entryMode: issuedHow, paperDueOn }: Manifest,
  scene: Scene,
  book: Pick<RuleBook, 'policy'>,
): Date {
  const isBelieved = {
    live: false,
    offline: recordedAt <= hoursAfter(occurredAt, book.policy('late-report-patience-hours', scene).value),
    paper: issuedHow === 'paper' && paperDueOn !== null && recordedAt < endOfDayInShanghai(paperDueOn),
  };
  return isBelieved[entryMode] ? occurredAt : recordedAt;
}
