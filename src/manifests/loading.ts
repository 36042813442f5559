/** Pickup (装运): what left the origin as weighed, and how the consignor confirms it. TM 10(3), 11(1)-(2), 13. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { streamTerms } from '../catalogue/streams.ts';
import { batchFormed } from '../custody/batches.ts';
import { accountOf, batchesIn, type Movement, movementsData, type Taken, takeFrom } from '../custody/ledger.ts';
import { type StockBalance, stockLookup } from '../custody/repository.ts';
import { generated } from '../generation/commands.ts';
import { driverRemarks } from '../parties/drivers.ts';
import { type Decision, type Lookup, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import { tripKind } from '../transport/trips.ts';
import { type Boarding, board, boardedLine, storeExitMissing } from './boarding.ts';
import { carriedBy, loadingDifferences, moveParts, recoded, sourceCodeOf, sourceOf, takenFrom } from './booking.ts';
import type { PickupCodeInput, PickupInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { shareOver } from './sharing.ts';
import { everyLineOnce, ifBefore, manifestEvent, UNRECORDED_NTH, vehicleData } from './standing.ts';
import type { Line, LineBatch, LineContainer } from './tables.ts';
import { boxWarnings } from './vehicle-limits.ts';
import { pickupInGrams } from './volumes.ts';

interface LoadedLine {
  readonly line: Line;
  readonly grams: number;
  readonly pieces: number;
  readonly loaded: readonly LineBatch[];
  /** Those that were scanned. */
  readonly containers: readonly LineContainer[];
  /** A batch opened because the origin's register knows of none, or because the stream keeps no register before loading. */
  readonly unrecorded: string | null;
  /** Of the latter: it was generated as it was loaded. */
  readonly asLoaded: boolean;
  /** What an unscanned load was taken out of: containers, and stores that nobody has taken it out of. */
  readonly outOf: { readonly containers: number; readonly stores: number };
}

export function decidePickup(told: PickupInput, manifest: Manifest, states: States, facts: Facts): Decision {
  const refusal = everyLineOnce(manifest.lines, told.lines) ?? wrongTrip(told, states, facts);
  if (refusal) return refused(refusal);
  const measured = pickupInGrams(told, manifest, facts);
  if ('refusal' in measured) return refused(measured.refusal);
  const { input, volumes } = measured;
  const code = checkCode(input, manifest, states, facts);
  if (code) return code;
  const occurredAt = new Date(input.occurredAt);
  const { plate, warnings } = plateRemarks(input.plate);
  const boarding = board(input, manifest, states);
  if ('refusal' in boarding) return refused(boarding.refusal);
  const lines = loadLines(input, manifest, boarding, states, facts);
  const movements = lines.flatMap((line) => [
    ...generatedAsLoaded(manifest, line),
    ...loadingMovements(manifest, line),
  ]);
  const event = manifestEvent(
    'picked_up',
    manifest.id,
    occurredAt,
    {
      ...vehicleData(input, plate),
      ...(input.tripId ? { tripId: input.tripId } : {}),
      ...(input.pickupCode ? { confirmedBy: 'code' as const } : {}),
      lines: lines.map(({ line: { line }, grams, pieces, loaded, containers }) => ({
        ...{ line, grams, pieces, loaded },
        ...(volumes.has(line) ? { volume: volumes.get(line)! } : {}),
        ...(containers.length > 0 ? { containers } : {}),
      })),
    },
    {
      region: manifest.originRegion,
      entryMode: input.entryMode,
      refs: [...batchesIn(movements), ...(input.tripId ? [input.tripId] : [])],
      also: movementsData(movements),
    },
  );
  const opened = lines.flatMap((line) => (line.unrecorded ? [openedBatch(manifest, line, occurredAt)] : []));
  return {
    events: [event, ...opened, ...boarding.events],
    answer: { id: manifest.id, status: 'in_transit' },
    warnings: [
      ...warnings,
      ...driverRemarks(input, manifest.legs[0]!.carrierId, states),
      ...boarding.warnings,
      ...pickupWarnings(input, manifest, lines),
      ...boxWarnings(plate, volumes, states),
      ...differenceWarnings(manifest, lines, occurredAt, facts),
    ],
  };
}

/** A site that keeps no stock register generates what leaves it as it is loaded (streams.json, `stock`). */
function generatedAsLoaded(manifest: Manifest, { line, unrecorded, asLoaded, grams, pieces }: LoadedLine): Movement[] {
  if (!unrecorded || !asLoaded) return [];
  const { consignorId, consignorSiteId } = manifest;
  const of = { stock: sourceOf(manifest), ownerId: consignorId, site: { id: consignorSiteId } };
  return [{ ...generated(unrecorded, sourceCodeOf(line), of, grams, pieces), line: line.line }];
}

/** Off the stock onto the first carrier's vehicle. */
function loadingMovements(manifest: Manifest, { line, loaded, containers }: LoadedLine): Movement[] {
  const of = { ...line, loaded, containers };
  const source = sourceOf(manifest);
  const onBoard = carriedBy(manifest.legs[0]!.carrierId, manifest);
  const movements = [...moveParts(of, loaded, takenFrom(of, source), onBoard), ...loadingDifferences(of, source)];
  return recoded(of, movements, 'from');
}

/** Line by line: what one line has taken from the stock is gone for the next. A remainder is loaded as it was offered. */
function loadLines(
  input: PickupInput,
  manifest: Manifest,
  { on, loads }: Boarding,
  states: States,
  facts: Facts,
): LoadedLine[] {
  const left = new Map<string, readonly StockBalance[]>();
  const source = sourceOf(manifest);
  const asLoaded = streamTerms(manifest.stream).stock === 'as_loaded';
  const isScanned = ({ batchId }: StockBalance) => loads.some((load) => load.batchId === batchId);
  return input.lines.map((given) => {
    const line = manifest.lines.find((one) => one.line === given.line)!;
    const aboard = on(line.line);
    if (aboard && aboard.loads.length > 0)
      return { line, ...boardedLine(given, line, aboard, source), unrecorded: null, asLoaded, outOf: NOTHING };
    const { namedBatches, declaredPieces, offered } = line;
    const containers = aboard ? boardedLine(given, line, aboard, source).containers : [];
    const wasteCode = sourceCodeOf(line);
    const grams = given.massGrams!;
    const pieces = given.pieces ?? (grams > 0 ? declaredPieces : 0);
    const known = { line, grams, pieces, containers, unrecorded: null, asLoaded, outOf: NOTHING };
    if (offered.length > 0) return { ...known, loaded: shareOver(offered, grams, pieces) };
    const all = left.get(wasteCode) ?? states.found(stockLookup, accountOf(source, wasteCode).id);
    const stock = all.filter((batch) => !isScanned(batch));
    const isCovered = namedBatches.length > 0 || stock.reduce((sum, batch) => sum + batch.grams, 0) >= grams;
    const taken = asLoaded && !isCovered ? [] : takeFrom(stock, namedBatches, grams, pieces);
    left.set(wasteCode, remaining(stock, taken));
    const unrecorded = taken.length === 0 && (grams > 0 || pieces > 0) ? facts.newId(UNRECORDED_NTH + line.line) : null;
    const opened = unrecorded ? [{ batchId: unrecorded, grams, pieces, inferred: true }] : [];
    const loaded = [taken, opened, noneOf(stock, namedBatches)].find((parts) => parts.length > 0) ?? [];
    return { ...known, loaded, unrecorded, outOf: outOf(stock, taken) };
  });
}

const NOTHING = { containers: 0, stores: 0 };

function outOf(stock: readonly StockBalance[], taken: readonly Taken[]): LoadedLine['outOf'] {
  const batches = stock.filter(({ batchId }) => taken.some((part) => part.batchId === batchId));
  return {
    containers: batches.filter(({ containerId }) => containerId !== null).length,
    stores: batches.filter(({ storeId }) => storeId !== null).length,
  };
}

/** A line that was loaded with nothing still says of which batch, so that a mistyped zero can be put right. */
const noneOf = (stock: readonly StockBalance[], named: readonly string[]): Taken[] =>
  [...named, ...stock.map(({ batchId }) => batchId)]
    .slice(0, 1)
    .map((batchId) => ({ batchId, grams: 0, pieces: 0, inferred: named.length === 0 }));

function remaining(stock: readonly StockBalance[], taken: readonly Taken[]): StockBalance[] {
  return stock.map((batch) => {
    const part = taken.find(({ batchId }) => batchId === batch.batchId);
    return part ? { ...batch, grams: batch.grams - part.grams, pieces: batch.pieces - part.pieces } : batch;
  });
}

/**
 * Something was loaded of which no generation is recorded: a batch is opened for it, and its stock goes below zero; where the stream
 * keeps no register before loading, it was generated with the load.
 */
function openedBatch(
  manifest: Manifest,
  { line, unrecorded, asLoaded, grams, pieces }: LoadedLine,
  occurredAt: Date,
): EventDraft {
  const formed = {
    id: unrecorded!,
    origin: 'generated' as const,
    stock: sourceOf(manifest),
    wasteCode: sourceCodeOf(line),
    grams: asLoaded ? grams : 0,
    pieces: asLoaded ? pieces : 0,
    manifestId: manifest.id,
  };
  return batchFormed(formed, asLoaded ? 'generated_as_loaded' : 'unrecorded_batch_loaded', {
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
  const unrecorded = lines.flatMap(({ line: { line }, unrecorded, asLoaded }): Warning[] =>
    unrecorded && !asLoaded
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
  return [...early, ...unrecorded, ...lines.flatMap(outOfWarnings)];
}

/**
 * A slip of unit shows here first. What was declared may be an estimate, and what is loaded as well a drum as a truck: said is what lies beyond
 * the critical share and the floor of a bench scale, by the law of the place that will weigh it again.
 */
function differenceWarnings(
  { destinationRegion, stream }: Manifest,
  lines: readonly LoadedLine[],
  occurredAt: Date,
  { reference }: Facts,
): Warning[] {
  const place = { region: destinationRegion, stream, day: dayInShanghai(occurredAt) };
  const { floorBenchGrams, criticalPermille } = reference.policy('mass-tolerance', place).value;
  return lines.flatMap(({ line: { line, declaredGrams }, grams }, index): Warning[] => {
    const allowed = Math.max(floorBenchGrams, Math.floor((declaredGrams * criticalPermille) / 1000));
    if (grams > 0 && Math.abs(grams - declaredGrams) <= allowed) return [];
    const detail = {
      zh: `第 ${line} 行装运 ${grams} 克，申报 ${declaredGrams} 克；请核对数量和单位（克），有误请更正。`,
      en: `Of line ${line} ${grams} g were loaded and ${declaredGrams} g declared; check the figure and its unit (grams), and correct it if it is wrong.`,
    };
    return [{ code: 'quantity-differs', pointer: `/lines/${index}/massGrams`, basis: 'TM 10(3)', detail }];
  });
}

/** What nobody scanned was taken out of containers that stand where they stood, or out of stores it is said to be in still. */
function outOfWarnings({ line: { line }, outOf }: LoadedLine): Warning[] {
  const pointer = `/lines/${line - 1}`;
  const unscanned: Warning = {
    code: 'container-not-scanned',
    pointer: `${pointer}/containers`,
    basis: 'TM 10(3); HJ 1276-2022',
    detail: {
      zh: `第 ${line} 行所装的质量只能取自 ${outOf.containers} 个容器内的批次，而未扫描容器；容器仍记录在原处。`,
      en: `Line ${line} could only be taken out of ${outOf.containers} containers that nobody scanned; they are on record where they were.`,
    },
  };
  return [
    ...(outOf.containers > 0 ? [unscanned] : []),
    ...(outOf.stores > 0 ? [storeExitMissing(pointer, outOf.stores)] : []),
  ];
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

/** A new code replaces the one before. Its holder confirms the pickup on the driver's device, once. No answer that is kept holds it. */
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
  return { events: [event], answer: { id: manifest.id, status: manifest.status, expiresAt } };
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
  const expired = pickupCodeExpiresAt !== null && typedAt(input, manifest, facts) >= pickupCodeExpiresAt;
  const attempts = facts.reference.policy('pickup-code-attempts', placeOf(manifest, facts)).value;
  if (pickupCodeEventId === null || expired || pickupCodeFailures >= attempts) return refused(NO_CODE);
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

/** When a code was typed, by our clock: what is told offline may lie back as far as late reports are waited for. */
function typedAt({ occurredAt, entryMode }: PickupInput, manifest: Manifest, facts: Facts): Date {
  if (entryMode !== 'offline') return facts.now;
  const hours = facts.reference.policy('late-report-patience-hours', placeOf(manifest, facts)).value;
  const told = new Date(occurredAt);
  return facts.now.getTime() - told.getTime() <= hours * 3_600_000 ? told : facts.now;
}

const NO_CODE = against(
  '/pickupCode',
  '没有可用的装运码（未发放、已过期或输错次数过多）；请移出人重新发放，或不带装运码办理。',
  'There is no code to use: none was given out, it has expired, or it was mistyped too often. The consignor can give out another, or leave it out.',
  'TM 10(3)',
);
const isSameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
