import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { STREAMS } from '../catalogue/streams.ts';
import { mayEdit } from '../parties/commands.ts';
import { partyKind, type Site, siteKind } from '../parties/registers.ts';
import { liesIn } from '../parties/visibility.ts';
import type { Act, Caller, Lookup, States } from '../platform/acts.ts';
import { canonicalText } from '../platform/events.ts';
import { type RegisterInput, registerActs, registerKind } from '../platform/register.ts';
import type { StateOf } from '../platform/subjects.ts';
import { CivilDay, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { type Crs, CrsSchema, e7, Latitude, Longitude, type Place, toWgs84 } from './coordinates.ts';
import { extentMetres, hasArea, METRES_PER_DEGREE, type Shape, shareGround } from './fence-rules.ts';
import { fences } from './tables.ts';

/**
 * 电子围栏: the line round a site, as a dated register: fences are drawn anew as sites change, and a journey is judged by the fence of
 * its day. The version of the record that a crossing was read with stands with the crossing.
 */
export const fenceKind = registerKind('fence', fences);
export type Fence = StateOf<typeof fences>;

const Point = z.tuple([Longitude, Latitude]);
const ShapeBody = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('circle'), centre: Point, radiusMetres: z.number().int().min(10).max(5_000) }),
  z.strictObject({ type: z.literal('polygon'), points: z.array(Point).min(3).max(200) }),
]);

export const FenceBody = z.strictObject({
  siteId: Uuid,
  name: ShortText.nullable().default(null),
  /** Whose regulators hear of journeys that begin or end there. */
  stream: z.enum(STREAMS).default('hazardous'),
  /** In which system the shape is told; it is kept in WGS-84. */
  crs: CrsSchema,
  shape: ShapeBody,
  inForceFrom: CivilDay,
  inForceTo: CivilDay.nullable().default(null).describe('First day on which it no longer holds'),
});

type FenceRecord = Omit<Fence, 'id'>;

/** Kept in WGS-84, with the box around it. */
export function fenceInput(
  { crs, shape, ...body }: z.output<typeof FenceBody>,
  id?: string,
): RegisterInput<FenceRecord> {
  const kept = inWgs84(shape, crs);
  return { ...(id === undefined ? {} : { id }), record: { ...body, sourceCrs: crs, shape: kept, ...boxOf(kept) } };
}

const inWgs84 = (shape: Shape, crs: Crs): Shape =>
  shape.type === 'circle'
    ? { ...shape, centre: rounded(toWgs84(shape.centre, crs)) }
    : { ...shape, points: shape.points.map((point) => rounded(toWgs84(point, crs))) };

/** To some 1 cm: more digits than anybody measured. */
const rounded = ([longitude, latitude]: Place): Place => [e7(longitude) / 1e7, e7(latitude) / 1e7];

function boxOf(shape: Shape): Pick<Fence, 'westE7' | 'southE7' | 'eastE7' | 'northE7'> {
  const points = shape.type === 'circle' ? [shape.centre] : shape.points;
  const [longitudes, latitudes] = [points.map(([longitude]) => longitude), points.map(([, latitude]) => latitude)];
  const north = shape.type === 'circle' ? shape.radiusMetres / METRES_PER_DEGREE : 0;
  const east = north / Math.cos((Math.max(...latitudes.map(Math.abs)) * Math.PI) / 180);
  return {
    westE7: e7(Math.min(...longitudes) - east),
    southE7: e7(Math.min(...latitudes) - north),
    eastE7: e7(Math.max(...longitudes) + east),
    northE7: e7(Math.max(...latitudes) + north),
  };
}

/** Wider than any site, whoever enters it; a wider one would have to be looked for everywhere. */
export const FENCE_WIDTH_E7_MAX = 2_000_000;

type Term = Pick<Fence, 'inForceFrom' | 'inForceTo'>;
type Drawn = Pick<Fence, 'id' | 'siteId' | 'shape'> & Term & { readonly partyId: string };

/** Some five kilometres: most fences lie in one cell, those at an edge or a corner in two or four. */
const CELL_E7 = 500_000;

const cellsOf = ({ westE7, southE7, eastE7, northE7 }: FenceRecord): string[] => {
  if (Math.max(eastE7 - westE7, northE7 - southE7) > FENCE_WIDTH_E7_MAX) return []; // refused
  const across = (from: number, to: number) => {
    const first = Math.floor(from / CELL_E7);
    return Array.from({ length: Math.floor(to / CELL_E7) - first + 1 }, (_, n) => first + n);
  };
  return across(westE7, eastE7).flatMap((x) => across(southE7, northE7).map((y) => `fences ${x} ${y}`));
};

/** The fences that may lie in a cell of the ground. Gated: two that are drawn at the same moment see each other. */
const fencesInCell: Lookup<readonly Drawn[]> = {
  name: 'fences-in-cell',
  gated: true,
  sql: `select k.key, f.id, f.site_id, s.party_id, f.shape, f.in_force_from, f.in_force_to
    from (select key, split_part(key, ' ', 2)::int * ${CELL_E7} as west, split_part(key, ' ', 3)::int * ${CELL_E7} as south
      from unnest($1::text[]) as u(key)) k
    join fences f on f.west_e7 between k.west - ${FENCE_WIDTH_E7_MAX} and k.west + ${CELL_E7} and f.east_e7 >= k.west
      and f.south_e7 <= k.south + ${CELL_E7} and f.north_e7 >= k.south
    join sites s on s.id = f.site_id order by f.id`,
  read: (rows) =>
    rows.map(
      ([, id, siteId, partyId, shape, inForceFrom, inForceTo]) =>
        ({ id, siteId, partyId, shape, inForceFrom, inForceTo }) as Drawn,
    ),
};

const acts = registerActs<FenceRecord, Fence, PolicyBook>(fenceKind, {
  reads: (record) => ({
    read: [{ kind: 'site', id: record.siteId }],
    lookups: cellsOf(record).map((key) => ({ lookup: fencesInCell, key })),
  }),
  check(record, { before, states, facts }) {
    const site = states.get(siteKind, record.siteId);
    if (!site) return against('/siteId', `没有场所 ${record.siteId}。`, `There is no site ${record.siteId}.`);
    if (before && before.siteId !== record.siteId) return STAYS;
    const isAuthority = isItsAuthority(site, [record, ...(before ? [before] : [])], states, facts.caller);
    if (!isAuthority && !mayEdit({ partyId: site.partyId, id: site.id }, facts.caller)) return NOT_YOURS;
    if (before && isWithin(record, before)) return unfitTerm(record);
    const unfit = unfitTerm(record) ?? unfitShape(record);
    if (unfit || isAuthority) return unfit;
    return tooWide(record, site, facts) ?? overOthers(record, site, before?.id, states);
  },
});
/** @refuses against-rule (site, shape, days, another's ground), not-your-act (another's site). */
export const registerFence = withCaller(acts.register);
/** @refuses as above, and not-found, version-mismatch. */
export const amendFence = withCaller(acts.amend);

type FenceAct = Act<RegisterInput<FenceRecord>, PolicyBook>;

/** The asking authority's jurisdiction is looked at too. */
function withCaller(act: FenceAct): FenceAct {
  return {
    ...act,
    needs(input, facts) {
      const needs = act.needs(input, facts);
      return { ...needs, read: [...(needs.read ?? []), { kind: 'party', id: facts.caller.actor.party }] };
    },
  };
}

/** An administrator's fences are of any site, a regulator's of those in its place and streams; both may draw where a party may not. */
function isItsAuthority(
  site: Site,
  fences: readonly Pick<FenceRecord, 'stream'>[],
  states: States,
  { role, actor }: Caller,
): boolean {
  if (role !== 'regulator') return role === 'administrator';
  const jurisdiction = states.get(partyKind, actor.party)?.jurisdiction;
  if (!jurisdiction || !liesIn(jurisdiction, site.region)) return false;
  return fences.every(({ stream }) => jurisdiction.streams.includes(stream));
}

const STAYS = against('/siteId', '不能改到其他场所；请另行登记。', 'It cannot move to another site; enter it anew.');

const NOT_YOURS: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '电子围栏由场所所属单位、当地主管部门（在其监管的废物种类内）或管理员登记。',
    en: 'A fence is registered by the party of the site, a regulator of its place and stream, or an administrator.',
  },
  errors: [
    {
      pointer: '/siteId',
      detail: { zh: '贵单位或您管辖范围内的场所', en: 'a site of yours, or in your jurisdiction' },
    },
  ],
};

/** The same line and no longer than it was: whoever has drawn a fence may end it, whatever else now lies there. */
const isWithin = (record: FenceRecord, before: Fence): boolean =>
  canonicalText(record.shape) === canonicalText(before.shape) &&
  before.inForceFrom <= record.inForceFrom &&
  (before.inForceTo === null || (record.inForceTo !== null && record.inForceTo <= before.inForceTo));

function unfitTerm({ inForceFrom, inForceTo }: FenceRecord): Refusal | undefined {
  if (inForceTo === null || inForceFrom < inForceTo) return undefined;
  return against('/inForceTo', 'inForceTo 须晚于 inForceFrom。', 'inForceTo must be after inForceFrom.');
}

function unfitShape({ shape, westE7, eastE7, southE7, northE7 }: FenceRecord): Refusal | undefined {
  if (!hasArea(shape)) return against('/shape/points', '多边形须有面积。', 'A polygon has an area.');
  if (Math.max(eastE7 - westE7, northE7 - southE7) <= FENCE_WIDTH_E7_MAX) return undefined;
  const most = FENCE_WIDTH_E7_MAX / 1e7;
  return against('/shape', `围栏跨度不得超过 ${most} 度。`, `A fence spans ${most} degrees at most.`);
}

/** Whoever draws a fence is shown the journeys of others to it, so it goes round a site and not round a town. */
function tooWide({ shape, stream }: FenceRecord, { region }: Site, { now, reference }: Facts): Refusal | undefined {
  const { value, basis } = reference.policy('fence-extent-metres', { region, stream, day: dayInShanghai(now) });
  const metres = Math.ceil(extentMetres(shape));
  if (metres <= value) return undefined;
  return against(
    '/shape',
    `围栏最远两点相距 ${metres} 米，单位自行登记的不得超过 ${value} 米；更大的请主管部门登记。`,
    `The fence reaches ${metres} m from end to end; the party of a site draws ${value} m at most, a wider one is entered by the authority.`,
    `${basis.instrument} ${basis.article}`,
  );
}

function overOthers(
  record: FenceRecord,
  { partyId }: Site,
  id: string | undefined,
  states: States,
): Refusal | undefined {
  const other = cellsOf(record)
    .flatMap((key) => states.found(fencesInCell, key))
    .find(
      (one) =>
        one.partyId !== partyId && one.id !== id && holdTogether(one, record) && shareGround(one.shape, record.shape),
    );
  if (!other) return undefined;
  return against(
    '/shape',
    `与其他单位场所 ${other.siteId} 的电子围栏 ${other.id} 重叠；请只围本单位的场所，确需重叠的请主管部门登记。`,
    `It overlaps the fence ${other.id} of another party's site ${other.siteId}; draw it round your own site, or ask the authority to enter it.`,
  );
}

/** Is there a day on which both hold? */
const holdTogether = (one: Term, other: Term): boolean =>
  (one.inForceTo === null || other.inForceFrom < one.inForceTo) &&
  (other.inForceTo === null || one.inForceFrom < other.inForceTo);
