import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { Plate } from '../catalogue/identifiers.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { readDevices, readParties, readVehicles } from '../parties/repository.ts';
import type { Caller, Warning } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { FUTURE_TOLERANCE_MS } from '../platform/group-deciding.ts';
import { CEILING } from '../platform/lists.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Instant } from '../platform/values.ts';
import { Problem, type Refusal } from '../problems.ts';
import { CRSS, type Crs, CrsSchema, e7, Latitude, Longitude, toWgs84 } from './coordinates.ts';
import { type Kept, type PositionRow, storePositions } from './observations.ts';
import { type UnderWay, underWayBetween } from './queries.ts';

/**
 * 定位: batches of positions of one vehicle. What a vehicle does is what its driver does, so a position is kept only as long as it
 * serves a purpose: on a known journey as evidence of it, outside of any for a short time, to find journeys that nobody declared; the
 * policy `position-keeping` of the carrier's place says how long, or that the latter are not kept at all (decision 0019).
 */
export const POINTS_MAX = 5_000;

/** Batches pass no journal, which would refuse what Postgres cannot keep: NUL, and half of a surrogate pair. */
export const ToldPlate = Plate.regex(
  /^[^\0\p{Surrogate}]+$/u,
  inBoth('号牌文字，如 鲁A12345', 'the text of a plate, such as 鲁A12345'),
);

const Point = z.strictObject({
  at: Instant,
  longitude: Longitude,
  latitude: Latitude,
  accuracyMetres: z.number().min(0).max(30_000).optional(),
  speedKmh: z.number().min(0).max(400).optional(),
  headingDegrees: z.number().min(0).max(360).optional(),
});

export const PositionsBody = z.strictObject({
  crs: CrsSchema.describe(`坐标系，必填：${CRSS.join('、')} · in which system the points are told; kept in WGS-84`),
  /** Of a carrier; a terminal speaks for the vehicle it is built into. */
  plate: ToldPlate.optional(),
  points: z.array(Point).min(1).max(POINTS_MAX),
});
export type PositionsInput = z.output<typeof PositionsBody>;

export interface Stored extends Kept {
  readonly plate: string;
  readonly warnings: readonly Warning[];
}

interface Source {
  readonly plate: string;
  readonly deviceId: string | null;
  /** Where the carrier is at home: whose policy holds. */
  readonly region: string;
}

/**
 * Stores a batch. Sent again, it changes nothing: of one vehicle there is one position at an instant, the first that was told.
 * @throws Problem not-your-act (no terminal; another's vehicle), occurred-in-future.
 */
export async function recordPositions(
  database: Database,
  input: PositionsInput,
  { caller, now, book }: { readonly caller: Caller; readonly now: Date; readonly book: PolicyBook },
): Promise<Stored> {
  const source = await sourceOf(database, input, caller);
  refuseFuture(
    input.points.map(({ at }) => at),
    now,
    '/points',
    'at',
  );
  const times = input.points.map(({ at }) => Date.parse(at));
  const [from, to] = times.reduce(
    ([least, most], at) => [Math.min(least, at), Math.max(most, at)],
    [times[0]!, times[0]!],
  );
  const underWay = await underWayBetween(database.pool, source.plate, new Date(from), new Date(to));
  const rows = rowsOf(input, times, source, { underWay, now, book });
  const stored = await storePositions(database.pool, source.plate, rows, now);
  return {
    plate: source.plate,
    recorded: stored,
    known: rows.length - stored,
    dropped: input.points.length - rows.length,
    warnings: rows.length < input.points.length ? [notKept(input.points.length - rows.length)] : [],
  };
}

async function sourceOf(database: Database, { plate }: PositionsInput, caller: Caller): Promise<Source> {
  const { party, device: deviceId } = caller.actor;
  const region = readParties(database, { id: party }).then(([row]) => row!.region);
  if (deviceId) {
    const [device] = await readDevices(database, { id: deviceId }, caller);
    const [vehicle] = device?.vehicleId ? await readVehicles(database, { id: device.vehicleId }) : [];
    if (!vehicle || device?.type !== 'vehicle_terminal') throw Problem.of(NO_TERMINAL);
    if (plate !== undefined && plate !== vehicle.plate) throw Problem.of(notItsVehicle(vehicle.plate));
    return { plate: vehicle.plate, deviceId, region: await region };
  }
  if (plate === undefined) throw Problem.of(PLATE_MISSING);
  const [vehicle] = await readVehicles(database, { after: CEILING, limit: 1 }, { plate });
  if (vehicle?.partyId !== party || caller.site) throw Problem.of(NOT_YOUR_VEHICLE);
  return { plate, deviceId: null, region: await region };
}

const NO_TERMINAL: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '定位由车载终端（type: vehicle_terminal，已填所属车辆）的设备密钥或承运人上报。',
    en: 'Positions are told by a vehicle terminal (type vehicle_terminal, with its vehicle), or by the carrier.',
  },
};

const notItsVehicle = (plate: string): Refusal => ({
  problem: 'not-your-act',
  detail: { zh: `此终端属于车辆 ${plate}。`, en: `This terminal is built into ${plate}.` },
  errors: [{ pointer: '/plate', detail: { zh: `${plate}，或不填`, en: `${plate}, or nothing` } }],
});

const PLATE_MISSING: Refusal = {
  problem: 'invalid-input',
  detail: { zh: '承运人上报定位须填号牌。', en: 'A carrier says of which vehicle the positions are.' },
  errors: [{ pointer: '/plate', detail: { zh: '贵单位登记的车辆号牌', en: 'the plate of a vehicle you registered' } }],
};

const NOT_YOUR_VEHICLE: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '只能上报本单位登记车辆的定位，且密钥不限于一个场所；车辆先在 /v1/vehicles 登记。',
    en: 'Positions are told of vehicles registered to you (/v1/vehicles), with a key that is not bound to one site.',
  },
  errors: [{ pointer: '/plate', detail: { zh: '贵单位登记的车辆号牌', en: 'the plate of a vehicle you registered' } }],
};

/** As acts are refused that are said to happen later than now. @throws Problem occurred-in-future, at the first that is. */
export function refuseFuture(instants: readonly string[], now: Date, list: string, field: string): void {
  const latest = now.getTime() + FUTURE_TOLERANCE_MS;
  const ahead = instants.findIndex((instant) => Date.parse(instant) > latest);
  if (ahead < 0) return;
  throw new Problem(
    'occurred-in-future',
    {
      zh: `第 ${ahead + 1} 条的时间 ${instants[ahead]} 比服务时间 ${now.toISOString()} 晚 5 分钟以上，请检查设备时钟。`,
      en: `${instants[ahead]} is more than 5 minutes after the service's ${now.toISOString()}; check the device's clock.`,
    },
    {
      errors: [{ pointer: `${list}/${ahead}/${field}`, detail: { zh: '不晚于现在 + 5 分钟', en: '≤ now + 5 min' } }],
    },
  );
}

interface Keeping {
  readonly underWay: readonly UnderWay[];
  readonly now: Date;
  readonly book: PolicyBook;
}

/** Those that are to be kept, in the order of time. */
function rowsOf(input: PositionsInput, times: readonly number[], source: Source, keeping: Keeping): PositionRow[] {
  const { underWay, now, book } = keeping;
  const today = dayInShanghai(now);
  const { value } = book.policy('position-keeping', {
    region: source.region,
    stream: streamOfPolicy('position-keeping'),
    day: today,
  });
  const lastDayOf = daysAfter();
  return input.points
    .flatMap((point, index) => {
      const at = times[index]!;
      const isOnTrip = underWay.some(({ from, until }) => from <= at && at <= until);
      const keptUntil = lastDayOf(at, isOnTrip ? value.tripDays : value.otherDays);
      if ((!isOnTrip && value.withoutTrip === 'drop') || keptUntil < today) return [];
      return [{ ...rowOf(point, input.crs), at: new Date(at), deviceId: source.deviceId, keptUntil }];
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

const whole = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));

function rowOf(point: PositionsInput['points'][number], crs: Crs) {
  const [longitude, latitude] = toWgs84([point.longitude, point.latitude], crs);
  return {
    crs,
    longitudeE7: e7(longitude),
    latitudeE7: e7(latitude),
    accuracyMetres: whole(point.accuracyMetres),
    speedKmh: whole(point.speedKmh),
    headingDegrees: whole(point.headingDegrees),
  };
}

const DAY_MS = 86_400_000;

/** The civil day in Shanghai so many days after an instant; asked thousands of times of few days. */
export function daysAfter(): (at: number, days: number) => string {
  const known = new Map<number, string>();
  return (at, days) => {
    const later = at + days * DAY_MS;
    const hour = Math.floor(later / 3_600_000);
    const day = known.get(hour) ?? dayInShanghai(new Date(later));
    known.set(hour, day);
    return day;
  };
}

const notKept = (count: number): Warning => ({
  code: 'positions-not-kept',
  pointer: '/points',
  basis: '本平台约定 0019',
  detail: {
    zh: `${count} 个定位未保存：当地政策不保存无已知运输时的定位，或已过保存期。`,
    en: `${count} positions were not kept: outside of a known journey the policy of the place keeps none, or their time is over.`,
  },
});
