/**
 * The next pickup comes too late: a disposer collects from each institution at least every two days (医疗废物管理条例 25), in an
 * epidemic at least as often as its place says. Each pickup starts the clock for the next. An institution at which nothing
 * lay when the term ran out starts a new one with the first that comes to lie there. Streams without a row of
 * `pickup-gap-hours` have no such clock. Pure.
 */
import { z } from 'zod';
import { dayInShanghai, minuteInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS } from '../../catalogue/streams.ts';
import { termEnds, toleranceOf } from './clocks.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { judgeTerm, type Rule } from './rule.ts';

export const PICKUP_GAP_RULE: Rule<'manifest', 'afterPickup', object> = {
  id: 'pickup_gap',
  codes: ['MW-02'],
  kind: 'breach',
  title: { zh: '收集间隔超时', en: 'The next pickup came too late' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'hours',
  policies: ['pickup-gap-hours', 'epidemic-mode'],
  facts: ['afterPickup'],
  wokenBy: { picked_up: 'pickup_before', manifest_corrected: 'pickup_before' },
  deadline: {
    on: ['picked_up'],
    at({ originRegion: region, stream, pickedUpAt }, _event, book) {
      const place = { region, stream, day: dayInShanghai(pickedUpAt!) };
      const limit = book.policyIf('pickup-gap-hours', place);
      return limit ? termEnds(pickedUpAt!, limit.value, place, book) : null;
    },
  },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'originRegion', manifest.pickedUpAt, 'pickedUpAt'),
  judge({ manifest, afterPickup: { next, oldestFormedAt } }, { steps, basis, book, scene, now }) {
    const limit = book.policyIf('pickup-gap-hours', scene);
    if (!limit) return { notJudged: 'pickup-gap-hours' };
    if (!oldestFormedAt) return { clear: true };
    const pickedUpAt = manifest.pickedUpAt!;
    const isIdle = oldestFormedAt >= termEnds(pickedUpAt, limit.value, scene, book);
    const from = isIdle ? oldestFormedAt : pickedUpAt;
    const dueAt = termEnds(from, limit.value, scene, book);
    return judgeTerm(steps, { dueAt, doneAt: next?.pickedUpAt ?? null, now }, ({ severity }) => ({
      severity,
      observed: { from: from.toISOString(), ...(next ? { nextPickupAt: next.pickedUpAt.toISOString() } : {}) },
      expected: { nextPickupBy: dueAt.toISOString() },
      tolerance: toleranceOf(limit, from, dueAt),
      basis,
      evidence: [...eventsOf(manifest), ...(next ? [next.manifestId] : [])],
      summary: {
        zh: `上次收集为 ${minuteInShanghai(pickedUpAt)}，应于 ${minuteInShanghai(dueAt)} 前再次收集，${next ? `实际为 ${minuteInShanghai(next.pickedUpAt)}` : '至今未收集'}。`,
        en: `The last pickup was at ${minuteInShanghai(pickedUpAt)}, the next was due by ${minuteInShanghai(dueAt)} and ${next ? `came at ${minuteInShanghai(next.pickedUpAt)}` : 'has not come yet'}.`,
      },
      question: {
        partyId: manifest.consigneeId,
        zh: '为何未按规定间隔收集？',
        en: 'Why was it not collected within the interval?',
      },
    }));
  },
};
