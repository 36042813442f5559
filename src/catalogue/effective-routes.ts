import { z } from 'zod';
import { type App, ProblemView, type Services } from '../platform/http.ts';
import { CivilDay } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { dayInShanghai } from './calendar.ts';
import { RegionCode } from './commands.ts';
import { POLICIES, POLICY_NAMES } from './policy-definitions.ts';
import { lawOn, type PolicyBook } from './reference.ts';
import { ancestorsOn, REGION_LEVELS, regionOn } from './regions.ts';
import { STREAMS } from './streams.ts';

const PlaceView = z.object({ code: z.string(), name: z.string(), level: z.enum(REGION_LEVELS) });
const EffectiveView = z.object({
  /** The day asked for, and the one whose rows judge it: rows begin on 2022-01-01. */
  day: z.iso.date(),
  judgedOn: z.iso.date(),
  stream: z.string(),
  /** The place and what lies above it on that day, nearest first. */
  places: z.array(PlaceView),
  items: z.array(
    z.object({
      policy: z.string(),
      zh: z.string(),
      en: z.string(),
      value: z.unknown(),
      looksAt: z.string(),
      place: z.string(),
      basis: z.object({ instrument: z.string(), article: z.string() }),
      ours: z.boolean(),
      /** Of the row that decides: GET /v1/policies/{id}. */
      id: z.string(),
      /** Whose row it is: the place's own, or one it inherits. */
      from: PlaceView,
      /** The row is of this stream, or of all of them. */
      stream: z.string(),
      inForceFrom: z.iso.date(),
      inForceTo: z.iso.date().nullable(),
    }),
  ),
});

/** What holds at a place, for a stream, on a day: of every policy the row that decides, and where it comes from. */
export function effectiveRoutes(
  app: App,
  { clock, reference }: Services & { readonly reference: () => PolicyBook },
): void {
  app.route({
    method: 'GET',
    url: '/v1/policies/effective',
    config: { operation: 'policies.read' },
    schema: {
      summary: '当地现行政策 · What holds at a place for a stream on a day, each with the row it comes from',
      tags: ['policies'],
      querystring: z.strictObject({
        region: RegionCode.describe('行政区划代码, e.g. 370117; a former code is read as what succeeded it'),
        stream: z.enum(STREAMS).describe('GET /v1/streams'),
        day: CivilDay.optional().describe('Asia/Shanghai; today unless it is said'),
      }),
      response: { 200: EffectiveView, default: ProblemView },
    },
    handler: async (request) => {
      const { region, stream, day = dayInShanghai(clock.now()) } = request.query;
      const judgedOn = lawOn(day);
      const places = ancestorsOn(region, judgedOn).map((code) => placeOf(code, judgedOn));
      if (places.length === 0) throw noRegion(region, day);
      const book = reference();
      const items = POLICY_NAMES.flatMap((name) => {
        const row = book.policyIf(name, { region, stream, day });
        if (!row) return [];
        const { zh, en } = POLICIES[name];
        const { policy, value, looksAt, place, basis, ours, id, inForceFrom, inForceTo } = row;
        const from = placeOf(row.jurisdiction, judgedOn);
        const decides = { id, from, stream: row.stream, inForceFrom, inForceTo };
        return [{ policy, zh, en, value, looksAt, place, basis, ours, ...decides }];
      });
      return { day, judgedOn, stream, places, items };
    },
  });
}

function placeOf(code: string, day: string): z.infer<typeof PlaceView> {
  const { name, level } = regionOn(code, day)!;
  return { code, name, level };
}

const noRegion = (code: string, day: string): Problem =>
  new Problem(
    'not-found',
    { zh: `${day} 没有行政区划 ${code}。`, en: `There was no region ${code} on ${day}.` },
    { errors: [{ pointer: 'query:region', detail: 'GB/T 2260' }] },
  );
