/** Pickup (装运): what left the origin as weighed, and how the consignor confirms it. TM 10(3), 11(1)-(2), 13. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import { accountOf, batchesIn, movementsData, type StockedBatch, type Taken, takeFrom } from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { type Decision, type Lookup, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import type { Refusal } from '../problems.ts';
import { tripKind } from '../transport/trips.ts';
import { carriedBy, loadingDifference, moveParts, recoded, shareOver, sourceCodeOf, sourceOf } from './booking.ts';
import type { PickupCodeInput, PickupInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { against, everyLineOnce, ifBefore, manifestEvent, UNRECORDED_NTH, vehicleData } from './standing.ts';
import type { Line } from './tables.ts';

interface LoadedLine {
  readonly line: Line;
  readonly grams: number;
  readonly pieces: number;
  readonly loaded: readonly Taken[];
  /** A batch opened because the origin's register knows of none. */
  readonly unrecorded: string | null;
}

export function decidePickup(input: PickupInput, manifest: Manifest, states: States, facts: Facts): Decision {
  const refusal = everyLineOnce(manifest.lines, input.lines) ?? wrongTrip(input, states, facts);
  if (refusal) return refused(refusal);
  const code = checkCode(input, manifest, states, facts);
  if (code) return code;
  const occurredAt = new Date(input.occurredAt);
  const { plate, warnings } = plateRemarks(input.plate);
  const lines = loadLines(input, manifest, states, facts);
  const onBoard = carriedBy(manifest.legs[0]!.carrierId, manifest);
  const source = sourceOf(manifest);
  const movements = lines.flatMap(({ line, loaded }) =>
    recoded(
      line,
      [...moveParts(line, loaded, source, onBoard), ...loadingDifference(manifest, line, loaded, source)],
      'from',
    ),
  );
  const event = manifestEvent(
    'picked_up',
    manifest.id,
    occurredAt,
    {
      ...vehicleData(input, plate),
      ...(input.tripId ? { tripId: input.tripId } : {}),
      ...(input.pickupCode ? { confirmedBy: 'code' as const } : {}),
      lines: lines.map(({ line: { line }, grams, pieces, loaded }) => ({ line, grams, pieces, loaded })),
    },
    {
      region: manifest.originRegion,
      entryMode: input.entryMode,
      refs: [...batchesIn(movements), ...(input.tripId ? [input.tripId] : [])],
      also: movementsData(movements),
    },
  );
  const opened = lines.flatMap(({ line, unrecorded }) =>
    unrecorded ? [unrecordedBatch(manifest, line, unrecorded, occurredAt)] : [],
  );
  return {
    events: [event, ...opened],
    answer: { id: manifest.id, status: 'in_transit' },
    warnings: [...warnings, ...pickupWarnings(input, manifest, lines)],
  };
}

/** Line by line: what one line has taken from the stock is gone for the next. A remainder is loaded as it was offered. */
function loadLines(input: PickupInput, manifest: Manifest, states: States, facts: Facts): LoadedLine[] {
  const left = new Map<string, readonly StockedBatch[]>();
  return input.lines.map((given) => {
    const { massGrams: grams } = given;
    const line = manifest.lines.find((one) => one.line === given.line)!;
    const { namedBatches, declaredPieces, offered } = line;
    const wasteCode = sourceCodeOf(line);
    const pieces = given.pieces ?? (grams > 0 ? declaredPieces : 0);
    if (offered.length > 0) return { line, grams, pieces, loaded: shareOver(offered, grams, pieces), unrecorded: null };
    const stock = left.get(wasteCode) ?? states.found(stockLookup, accountOf(sourceOf(manifest), wasteCode).id);
    const taken = takeFrom(stock, namedBatches, grams, pieces);
    left.set(wasteCode, remaining(stock, taken));
    const unrecorded = taken.length === 0 && (grams > 0 || pieces > 0) ? facts.newId(UNRECORDED_NTH + line.line) : null;
    const opened = unrecorded ? [{ batchId: unrecorded, grams, pieces, inferred: true }] : [];
    const loaded = [taken, opened, noneOf(stock, namedBatches)].find((parts) => parts.length > 0) ?? [];
    return { line, grams, pieces, loaded, unrecorded };
  });
}

/** A line that was loaded with nothing still says of which batch, so that a mistyped zero can be put right. */
const noneOf = (stock: readonly StockedBatch[], named: readonly string[]): Taken[] =>
  [...named, ...stock.map(({ batchId }) => batchId)]
    .slice(0, 1)
    .map((batchId) => ({ batchId, grams: 0, pieces: 0, inferred: named.length === 0 }));

function remaining(stock: readonly StockedBatch[], taken: readonly Taken[]): StockedBatch[] {
  return stock.map((batch) => {
    const part = taken.find(({ batchId }) => batchId === batch.batchId);
    return part ? { ...batch, grams: batch.grams - part.grams, pieces: batch.pieces - part.pieces } : batch;
  });
}

/** Something was loaded of which no generation is recorded: a batch is opened for it, and its stock goes below zero. */
function unrecordedBatch(manifest: Manifest, line: Line, id: string, occurredAt: Date): EventDraft {
  const formed = {
    id,
    origin: 'generated' as const,
    stock: sourceOf(manifest),
    wasteCode: sourceCodeOf(line),
    grams: 0,
    pieces: 0,
    manifestId: manifest.id,
  };
  return batchFormed(formed, 'unrecorded_batch_loaded', {
    occurredAt,
    region: manifest.originRegion,
    refs: [manifest.id],
    data: { line: line.line },
  });
}

/** A trip is its carrier's; one that is over takes nothing more. */
function wrongTrip({ tripId }: PickupInput, states: States, { caller }: Facts): Refusal | undefined {
  const trip = tripId === undefined ? undefined : states.get(tripKind, tripId);
  if (tripId === undefined || (trip && trip.carrierId === caller.actor.party && trip.endedAt === null))
    return undefined;
  return against(
    '/tripId',
    '没有此车次，或该车次不属于本单位、已结束。',
    'There is no such trip, or it is not yours, or it has ended.',
  );
}

function pickupWarnings(input: PickupInput, manifest: Manifest, lines: readonly LoadedLine[]): Warning[] {
  const early = ifBefore(manifest.issuedAt, input, {
    code: 'loaded-before-issue',
    basis: 'TM 11(1)',
    detail: { zh: '装运时间早于联单签发时间。', en: 'It was loaded before the manifest was issued.' },
  });
  const unrecorded = lines.flatMap(({ line: { line }, unrecorded }): Warning[] =>
    unrecorded
      ? [
          {
            code: 'stock-unrecorded',
            pointer: `/lines/${line - 1}`,
            basis: 'TM 10(3)',
            detail: {
              zh: `第 ${line} 行所装废物在台账中没有库存。`,
              en: `No stock of line ${line} is on record at the origin.`,
            },
          },
        ]
      : [],
  );
  return [...early, ...unrecorded];
}

/** A code is kept as a salted hash among the erasable details of the event that gave it out. */
export const hashOfCode = (salt: string, code: string): string =>
  createHash('sha256').update(`${salt} ${code}`).digest('hex');

export const pickupCodeLookup: Lookup<{ readonly salt: string; readonly hash: string } | undefined> = {
  name: 'pickup-code',
  gated: false,
  sql: "select event_id, body->>'salt', body->>'hash' from event_details where event_id = any($1::uuid[])",
  read: ([row]) => row && { salt: row[1] as string, hash: row[2] as string },
};

/** A new code replaces the one before. Its holder confirms the pickup on the driver's device, once. */
export function decidePickupCode({ code, salt }: PickupCodeInput, manifest: Manifest, facts: Facts): Decision {
  const hours = facts.reference.policy('pickup-code-hours', placeOf(manifest, facts)).value;
  const expiresAt = new Date(facts.now.getTime() + hours * 3_600_000).toISOString();
  const event = manifestEvent(
    'pickup_code_issued',
    manifest.id,
    facts.now,
    { expiresAt },
    {
      region: manifest.originRegion,
      details: { salt, hash: hashOfCode(salt, code) },
    },
  );
  return { events: [event], answer: { id: manifest.id, status: manifest.status, pickupCode: code, expiresAt } };
}

const placeOf = ({ originRegion: region, stream }: Manifest, { now }: Facts) => ({
  region,
  stream,
  day: dayInShanghai(now),
});

/** Guessing is counted on the manifest and locked out: a wrong code is refused and the attempt kept. */
function checkCode(input: PickupInput, manifest: Manifest, states: States, facts: Facts): Decision | undefined {
  if (input.pickupCode === undefined) return undefined;
  const { pickupCodeEventId, pickupCodeExpiresAt, pickupCodeFailures } = manifest;
  const expired = pickupCodeExpiresAt !== null && new Date(input.occurredAt) >= pickupCodeExpiresAt;
  const attempts = facts.reference.policy('pickup-code-attempts', placeOf(manifest, facts)).value;
  if (pickupCodeEventId === null || expired || pickupCodeFailures >= attempts)
    return refused(
      against(
        '/pickupCode',
        '没有可用的装运码（未发放、已过期或输错次数过多）；请移出人重新发放，或不带装运码办理。',
        'There is no code to use: none was given out, it has expired, or it was mistyped too often. The consignor can give out another, or leave it out.',
        'TM 10(3)',
      ),
    );
  const known = states.found(pickupCodeLookup, pickupCodeEventId);
  if (known && isSameText(known.hash, hashOfCode(known.salt, input.pickupCode))) return undefined;
  const left = attempts - pickupCodeFailures - 1;
  return {
    ...refused(
      against(
        '/pickupCode',
        `装运码不正确，还可输入 ${left} 次。`,
        `The code is wrong; ${left} ${left === 1 ? 'attempt is' : 'attempts are'} left.`,
        'TM 10(3)',
      ),
    ),
    kept: [manifestEvent('pickup_code_failed', manifest.id, facts.now, {}, { region: manifest.originRegion })],
  };
}

const isSameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
