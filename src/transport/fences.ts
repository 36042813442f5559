import { z } from 'zod';
import { STREAMS } from '../catalogue/streams.ts';
import { mayEdit } from '../parties/commands.ts';
import { siteKind } from '../parties/registers.ts';
import type { Reference } from '../platform/acts.ts';
import { type RegisterInput, registerActs, registerKind } from '../platform/register.ts';
import type { StateOf } from '../platform/subjects.ts';
import { CivilDay, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { type Crs, CrsSchema, e7, Latitude, Longitude, type Place, toWgs84 } from './coordinates.ts';
import type { Shape } from './rules.ts';
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

/** A degree of latitude has 111 km, one of longitude less. */
const METRES_PER_DEGREE = 111_000;

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

/** Wider than any site; a wider one would have to be looked for everywhere. */
export const FENCE_WIDTH_E7_MAX = 2_000_000;

const acts = registerActs<FenceRecord, Fence, Reference>(fenceKind, {
  reads: ({ siteId }) => ({ read: [{ kind: 'site', id: siteId }] }),
  check(record, { before, states, facts }) {
    const site = states.get(siteKind, record.siteId);
    if (!site) return against('/siteId', `没有场所 ${record.siteId}。`, `There is no site ${record.siteId}.`);
    if (before && before.siteId !== record.siteId) return STAYS;
    if (!mayEdit({ partyId: site.partyId, id: site.id }, facts.caller)) return NOT_YOURS;
    return unfitTerm(record) ?? unfitShape(record);
  },
});
/** @refuses against-rule (site, shape, days), not-your-act (another's site). */
export const registerFence = acts.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendFence = acts.amend;

const STAYS = against('/siteId', '不能改到其他场所；请另行登记。', 'It cannot move to another site; enter it anew.');

const NOT_YOURS: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '电子围栏由场所所属单位或管理员登记。',
    en: 'A fence is registered by the party of the site, or by an administrator.',
  },
  errors: [{ pointer: '/siteId', detail: { zh: '贵单位的场所', en: 'a site of yours' } }],
};

function unfitTerm({ inForceFrom, inForceTo }: FenceRecord): Refusal | undefined {
  if (inForceTo === null || inForceFrom < inForceTo) return undefined;
  return against('/inForceTo', 'inForceTo 须晚于 inForceFrom。', 'inForceTo must be after inForceFrom.');
}

function unfitShape({ shape, westE7, eastE7, southE7, northE7 }: FenceRecord): Refusal | undefined {
  if (shape.type === 'polygon' && (westE7 === eastE7 || southE7 === northE7))
    return against('/shape/points', '多边形须有面积。', 'A polygon has an area.');
  if (Math.max(eastE7 - westE7, northE7 - southE7) <= FENCE_WIDTH_E7_MAX) return undefined;
  const most = FENCE_WIDTH_E7_MAX / 1e7;
  return against('/shape', `围栏跨度不得超过 ${most} 度。`, `A fence spans ${most} degrees at most.`);
}
