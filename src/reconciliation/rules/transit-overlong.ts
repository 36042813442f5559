/**
 * On the road for longer than a load of the region should need. No text sets a term; the hours are ours
 * (docs/decisions/0010-rules.md). A load that never arrives is the first thing to ask about: TM 11(4). Pure.
 */
import { z } from 'zod';
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
  wokenBy: { arrived: 'itself' },
  deadline: {
    on: ['picked_up'],
    at(manifest, _event, book) {
      const scene = sceneAtPickup(manifest);
      const row = 'notJudged' in scene ? undefined : book.rule<Parameters>('transit_overlong', scene);
      return row ? hoursAfter(manifest.pickedUpAt!, row.parameters.transitHoursMax) : null;
    },
  },
  sceneOf: ({ manifest }) => sceneAtPickup(manifest),
  judge({ manifest }, { parameters, steps, basis, now }) {
    const { pickedUpAt, arrivedAt, plate } = manifest;
    const limit = parameters.transitHoursMax;
    const term = { dueAt: hoursAfter(pickedUpAt!, limit), doneAt: arrivedAt, now };
    return judgeTerm(steps, term, ({ severity }) => {
      const since = pickedUpAt!.toISOString();
      const until = arrivedAt?.toISOString();
      return {
        severity,
        observed: { pickedUpAt: since, ...(until ? { arrivedAt: until } : {}) },
        expected: { arrivedBy: term.dueAt.toISOString() },
        tolerance: { name: 'transitHoursMax', value: limit, unit: 'hours', source: basis },
        basis,
        evidence: eventsOf(manifest),
        summary: until
          ? {
              zh: `${plate} 于 ${since} 装运，${until} 运抵，运输超过 ${limit} 小时。`,
              en: `${plate} was loaded at ${since} and arrived at ${until}: more than ${limit} hours on the road.`,
            }
          : {
              zh: `${plate} 于 ${since} 装运，${limit} 小时内未运抵。`,
              en: `${plate} was loaded at ${since} and has not arrived within ${limit} hours.`,
            },
        question: {
          partyId: manifest.carrierId,
          zh: until ? '途中因何延误？' : '该车废物现在何处？',
          en: until ? 'What held the load up on its way?' : 'Where is this load now?',
        },
      };
    });
  },
};

const sceneAtPickup = (manifest: Manifest) =>
  sceneOfManifest(manifest, 'originRegion', manifest.pickedUpAt, 'pickedUpAt');
