/**
 * On the road for longer than a load of the region should need. No text sets a term; the hours are ours
 * (docs/decisions/0010-rules.md). A load that never arrives, there or back, is the first thing to ask about: TM 11(4). Pure.
 */

import { z } from 'zod';
import { minuteInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS } from '../../catalogue/streams.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { hoursAfter, hoursBetween, judgeTerm, type Rule } from './rule.ts';

const Parameters = z.strictObject({ transitHoursMax: z.number().int().positive() });
type Parameters = z.infer<typeof Parameters>;

export const TRANSIT_OVERLONG_RULE: Rule<'manifest', never, Parameters> = {
  id: 'transit_overlong',
  codes: ['CW-02'],
  kind: 'breach',
  title: { zh: '运输时间过长', en: 'On the road for too long' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: Parameters,
  unit: 'hours',
  facts: [],
  wokenBy: {
    handed_over: 'itself',
    transit_stored: 'itself',
    incident_resolved: 'itself',
    arrived: 'itself',
    return_received: 'itself',
    manifest_corrected: 'itself',
  },
  deadline: {
    on: ['picked_up', 'handed_over', 'departed', 'incident_resolved', 'return_departed', 'manifest_corrected'],
    at(manifest, _event, book) {
      const scene = sceneAtPickup(manifest);
      const row = 'notJudged' in scene ? undefined : book.rule<Parameters>('transit_overlong', scene);
      const begun = stretchesOf(manifest).filter(({ endedAt }) => endedAt === null);
      const last = begun.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())[0];
      return row && last ? hoursAfter(last.startedAt, row.parameters.transitHoursMax) : null;
    },
  },
  sceneOf: ({ manifest }) => sceneAtPickup(manifest),
  judge({ manifest }, { parameters, steps, basis, now }) {
    const stretches = stretchesOf(manifest);
    const longest = longestOf(stretches, now);
    const { carrierId, plate, startedAt, endedAt } = longest;
    const limit = parameters.transitHoursMax;
    const term = { dueAt: hoursAfter(startedAt, limit), doneAt: endedAt, now };
    const verdict = judgeTerm(steps, term, ({ severity }) => {
      const since = minuteInShanghai(startedAt);
      const until = endedAt && minuteInShanghai(endedAt);
      return {
        severity,
        observed: { startedAt: startedAt.toISOString(), ...(endedAt ? { endedAt: endedAt.toISOString() } : {}) },
        expected: { endedBy: term.dueAt.toISOString() },
        tolerance: { name: 'transitHoursMax', value: limit, unit: 'hours', source: basis },
        basis,
        evidence: eventsOf(manifest),
        summary: until
          ? {
              zh: `${plate} 自 ${since} 至 ${until} 在途，运输超过 ${limit} 小时。`,
              en: `${plate} was on the road from ${since} to ${until}: more than ${limit} hours.`,
            }
          : {
              zh: `${plate} 于 ${since} 启运，${limit} 小时内未到达。`,
              en: `${plate} set off at ${since} and has not got there within ${limit} hours.`,
            },
        question: {
          partyId: carrierId,
          zh: until ? '途中因何延误？' : '该车废物现在何处？',
          en: until ? 'What held the load up on its way?' : 'Where is this load now?',
        },
      };
    });
    const underWay = stretches.find((one) => one.endedAt === null);
    if (endedAt === null || !underWay) return verdict;
    // One that is over speaks only until another has lasted as long.
    return { ...verdict, againAt: hoursAfter(underWay.startedAt, Math.max(limit, hoursLasted(longest, now))) };
  },
};

interface Stretch {
  readonly carrierId: string;
  readonly plate: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** Each leg, and each way back, has its own clock: a store on the way is no road. A leg after which nothing travels ended with the incident. */
function stretchesOf({ legs, remainders }: Manifest): Stretch[] {
  const back = remainders.flatMap((one) => (one.back ? [{ ...one.back, carrierId: one.carrierId! }] : []));
  return [...legs, ...back].flatMap(({ carrierId, plate, startedAt, endedAt }) =>
    startedAt === null
      ? []
      : [{ carrierId, plate, startedAt: new Date(startedAt), endedAt: endedAt === null ? null : new Date(endedAt) }],
  );
}

const hoursLasted = ({ startedAt, endedAt }: Stretch, now: Date): number => hoursBetween(startedAt, endedAt ?? now);

/** Of two that have lasted as long, the one that lasts. */
const longestOf = (stretches: readonly Stretch[], now: Date): Stretch =>
  stretches.toSorted(
    (a, b) => hoursLasted(b, now) - hoursLasted(a, now) || Number(a.endedAt !== null) - Number(b.endedAt !== null),
  )[0]!;

const sceneAtPickup = (manifest: Manifest) =>
  sceneOfManifest(manifest, 'originRegion', manifest.pickedUpAt, 'pickedUpAt');
