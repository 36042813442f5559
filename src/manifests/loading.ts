/** Pickup (装运): what left the origin as weighed. How the consignor confirms it: pickup-code.ts. TM 10(3), 11(1)-(2), 13. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { streamTerms } from '../catalogue/streams.ts';
import { batchFormed } from '../custody/batches.ts';
import { dryMass, dryPartOf } from '../custody/dry-parts.ts';
import {
  accountOf,
  batchesIn,
  type Movement,
  movementsData,
  type StockedBatch,
  type Taken,
  takeFrom,
  withDry,
} from '../custody/ledger.ts';
import { type StockBalance, stockLookup } from '../custody/repository.ts';
import { generated } from '../generation/commands.ts';
import { driverRemarks } from '../parties/drivers.ts';
import { type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import { tripKind } from '../transport/trips.ts';
import { type Boarding, board, boardedLine, storeExitMissing } from './boarding.ts';
import {
  carriedBy,
  differenceAt,
  loadingDifferences,
  moveParts,
  recoded,
  sourceCodeOf,
  sourceOf,
  takenFrom,
} from './booking.ts';
import { loadedDiffers } from './differences.ts';
import { strayMoisture } from './fields.ts';
import type { PickupInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { dryGramsOf, gramsOf, piecesOf } from './parts.ts';
import { checkCode } from './pickup-code.ts';
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
  readonly moisturePermille: number | undefined;
  /** By how much more dry mass each batch had by its record than what was loaded of it. */
  readonly drier: readonly LineBatch[];
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
  const refusal =
    everyLineOnce(manifest.lines, told.lines) ?? strayMoisture(told.lines, manifest) ?? wrongTrip(told, states, facts);
  if (refusal) return refused(refusal);
  const measured = pickupInGrams(told, manifest, facts);
  if ('refusal' in measured) return refused(measured.refusal);
  const { input, volumes } = measured;
  const code = checkCode(input, manifest, states, facts);
  if (code) return code;
  const occurredAt = new Date(input.occurredAt);
  const { destinationRegion: region, stream } = manifest;
  const weighedAt = { region, stream, day: dayInShanghai(occurredAt) };
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
      lines: lines.map(({ line: { line }, grams, pieces, loaded, moisturePermille, containers }) => ({
        ...{ line, grams, pieces, loaded },
        ...(volumes.has(line) ? { volume: volumes.get(line)! } : {}),
        ...(moisturePermille === undefined ? {} : { pickedUpMoisturePermille: moisturePermille }),
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
      ...lines.flatMap(({ line, grams }, index) =>
        loadedDiffers({ line, grams, volume: volumes.get(line.line) }, index, weighedAt, facts),
      ),
    ],
  };
}

/** A site that keeps no stock register generates what leaves it as it is loaded (streams.json, `stock`). */
function generatedAsLoaded(
  manifest: Manifest,
  { line, unrecorded, asLoaded, grams, pieces, loaded }: LoadedLine,
): Movement[] {
  if (!unrecorded || !asLoaded) return [];
  const { consignorId, consignorSiteId } = manifest;
  const of = { stock: sourceOf(manifest), ownerId: consignorId, site: { id: consignorSiteId } };
  const quantity = { grams, pieces, dryGrams: dryGramsOf(loaded) };
  return [{ ...generated(unrecorded, sourceCodeOf(line), of, quantity), line: line.line }];
}

/** Off the stock onto the first carrier's vehicle. */
function loadingMovements(manifest: Manifest, { line, loaded, drier, containers }: LoadedLine): Movement[] {
  const of = { ...line, loaded, containers };
  const source = sourceOf(manifest);
  const onBoard = carriedBy(manifest.legs[0]!.carrierId, manifest);
  const movements = [
    ...moveParts(of, loaded, takenFrom(of, source), onBoard),
    ...loadingDifferences(of, source),
    ...moveParts(of, drier, source, differenceAt(source)),
  ];
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
      return { ...NOTHING_ELSE, line, ...boardedLine(given, line, aboard, source), asLoaded };
    const { namedBatches, declaredPieces, offered } = line;
    const containers = aboard ? boardedLine(given, line, aboard, source).containers : [];
    const wasteCode = sourceCodeOf(line);
    const grams = given.massGrams!;
    const pieces = given.pieces ?? (grams > 0 ? declaredPieces : 0);
    const known = {
      ...NOTHING_ELSE,
      line,
      grams,
      pieces,
      moisturePermille: given.moisturePermille,
      containers,
      asLoaded,
    };
    const moisture = given.moisturePermille ?? line.moisturePermille;
    const measured = <Part extends StockedBatch>(parts: readonly Part[]) =>
      moisture === undefined ? [...parts] : withDry(parts, dryMass(grams, moisture));
    if (offered.length > 0) return { ...known, loaded: measured(shareOver(offered, grams, pieces)) };
    const all = left.get(wasteCode) ?? states.found(stockLookup, accountOf(source, wasteCode).id);
    const stock = all.filter((batch) => !isScanned(batch));
    const isCovered = namedBatches.length > 0 || stock.reduce((sum, batch) => sum + batch.grams, 0) >= grams;
    const taken = asLoaded && !isCovered ? [] : measured(takeFrom(stock, namedBatches, grams, pieces));
    const drier = taken.flatMap((part) => drierThan(stock, part));
    left.set(wasteCode, remaining(stock, [...taken, ...drier]));
    const unrecorded = taken.length === 0 && (grams > 0 || pieces > 0) ? facts.newId(UNRECORDED_NTH + line.line) : null;
    const opened = measured(unrecorded ? [{ batchId: unrecorded, grams, pieces, inferred: true }] : []);
    const loaded = [taken, opened, noneOf(stock, namedBatches)].find((parts) => parts.length > 0) ?? [];
    return { ...known, loaded, drier, unrecorded, outOf: outOf(stock, taken) };
  });
}

const NOTHING_ELSE = { moisturePermille: undefined, drier: [], unrecorded: null, outOf: { containers: 0, stores: 0 } };

/**
 * The moisture of a load is measured, or declared, for itself; that of the batch it came from was for the batch. What the batch has more or
 * less for it goes to the weighing difference, so that it has no dry mass left when it has no mass left.
 */
function drierThan(stock: readonly StockBalance[], part: Taken): LineBatch[] {
  const batch = stock.find(({ batchId }) => batchId === part.batchId);
  if (!batch) return [];
  const grams = Math.min(part.grams, batch.grams);
  const dryGrams = dryPartOf(batch, grams) - dryPartOf(part, grams);
  return dryGrams === 0 ? [] : [{ batchId: part.batchId, grams: 0, pieces: 0, inferred: part.inferred, dryGrams }];
}

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

function remaining(stock: readonly StockBalance[], taken: readonly LineBatch[]): StockBalance[] {
  return stock.map((batch) => {
    const parts = taken.filter(({ batchId }) => batchId === batch.batchId);
    return {
      ...batch,
      grams: batch.grams - gramsOf(parts),
      pieces: batch.pieces - piecesOf(parts),
      dryGrams: batch.dryGrams - dryGramsOf(parts),
    };
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
