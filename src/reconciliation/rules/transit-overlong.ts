/**
 * On the road for longer than a load of the region should need. No text sets a term; the hours are ours
 * (docs/decisions/0010-rules.md). A load that never arrives is the first thing to ask about: TM 11(4). Pure.
 */
import { z } from 'zod';
import { minuteInShanghai } from '../../catalogue/calendar.ts';
import { currentLeg } from '../../manifests/lifecycle.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { hoursAfter, judgeTerm, type Rule } from './rule.ts';

const Parameters = z.strictObject({ transitHoursMax: z.number().int().positive() });
type Parameters = z.infer<typeof Parameters>;

export const TRANSIT_OVERLONG_RULE: Rule<'manifest', never, Parameters> = {
  id: 'transit_overlong',
  kind: 'breach',
  title: { zh: '运输时间过长', en: 'On the road for too long' },
  streams: ['hazardous', 'medical', 'construction'],
  subject: 'manifest',
  parameters: Parameters,
  unit: 'hours',
  facts: [],
  wokenBy: {
    handed_over: 'itself',
    transit_stored: 'itself',
    incident_resolved: 'itself',
    arrived: 'itself',
    manifest_corrected: 'itself',
  },
  deadline: {
    on: ['picked_up', 'handed_over', 'departed', 'incident_resolved', 'manifest_corrected'],
    at(manifest, _event, book) {
      const scene = sceneAtPickup(manifest);
      const row = 'notJudged' in scene ? undefined : book.rule<Parameters>('transit_overlong', scene);
      const { startedAt, endedAt } = manifest.legs[currentLeg(manifest)]!;
      return row && startedAt !== null && endedAt === null
        ? hoursAfter(new Date(startedAt), row.parameters.transitHoursMax)
        : null;
    },
  },
  sceneOf: ({ manifest }) => sceneAtPickup(manifest),
  judge({ manifest }, { parameters, steps, basis, now }) {
    const { carrierId, plate, startedAt, endedAt } = longestLeg(manifest, now);
    const limit = parameters.transitHoursMax;
    const term = { dueAt: hoursAfter(startedAt, limit), doneAt: endedAt, now };
    return judgeTerm(steps, term, ({ severity }) => {
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
              zh: `${plate} 于 ${since} 启运，${until} 到达，运输超过 ${limit} 小时。`,
              en: `${plate} set off at ${since} and got there at ${until}: more than ${limit} hours on the road.`,
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
  },
};

/** Each leg has its own clock: a store on the way is no road. */
function longestLeg({ legs }: Manifest, now: Date) {
  const begun = legs.flatMap(({ carrierId, plate, startedAt, endedAt }) =>
    startedAt === null
      ? []
      : [{ carrierId, plate, startedAt: new Date(startedAt), endedAt: endedAt === null ? null : new Date(endedAt) }],
  );
  const lasted = (leg: (typeof begun)[number]) => (leg.endedAt ?? now).getTime() - leg.startedAt.getTime();
  return begun.toSorted((a, b) => lasted(b) - lasted(a))[0]!;
}

const sceneAtPickup = (manifest: Manifest) =>
  sceneOfManifest(manifest, 'originRegion', manifest.pickedUpAt, 'pickedUpAt');
