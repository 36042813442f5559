/** Receipt (接受): what the consignee decides line by line, and how the mass is booked. TM 12(1)-(2), 18. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { ToldVolume } from '../catalogue/density.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import { dried } from '../custody/dry-parts.ts';
import { batchesIn, movementsData } from '../custody/ledger.ts';
import { settledUses, usesData } from '../permits/uses.ts';
import { type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import { against, type Refusal } from '../problems.ts';
import { joinedData } from './aboard.ts';
import {
  consigneeStock,
  joiningMovements,
  onHold,
  type Received,
  receiptMovements,
  receivedShares,
} from './booking.ts';
import { type Decided, decideContainers } from './deciding.ts';
import { receivedDiffers } from './differences.ts';
import type { DecidedContainer } from './event-data.ts';
import { checkMethod, strayMoisture } from './fields.ts';
import type { ReceiptInput } from './inputs.ts';
import { isScanned } from './line-containers.ts';
import type { Manifest } from './manifest.ts';
import { enteredLate } from './moving.ts';
import { carried, dryGramsOf, gramsOf, moistureOf, piecesOf } from './parts.ts';
import { everyLineOnce, ifBefore, manifestEvent } from './standing.ts';
import type { Line } from './tables.ts';
import { receiptInGrams } from './volumes.ts';

type ReceiptLine = ReceiptInput['lines'][number];
/** @refuses against-rule (lines, methods, discrepancies; a mismatch where the law says refuse; as `decideContainers`). */
export function decideReceipt(told: ReceiptInput, manifest: Manifest, states: States, facts: Facts): Decision {
  const refusal =
    everyLineOnce(manifest.lines, told.lines) ??
    strayMoisture(told.lines, manifest) ??
    wrongMethod(told, manifest) ??
    unknownLine(told, manifest);
  if (refusal) return refused(refusal);
  const measured = receiptInGrams(told, manifest, facts);
  if ('refusal' in measured) return refused(measured.refusal);
  const { input, volumes, refusedVolumes } = measured;
  const decided = decideContainers(input, manifest, states, facts);
  if ('refusal' in decided) return refused(decided.refusal);
  const lines = input.lines.map((given, nth) => receivedLine(given, nth, manifest, decided, facts));
  const unfit = impossibleLine(lines) ?? mustRefuse(input, lines, manifest, facts);
  if (unfit) return refused(unfit);
  const occurredAt = new Date(input.occurredAt);
  const movements = [
    ...joiningMovements(manifest, decided.joined, onHold(manifest)),
    ...lines.flatMap(({ line, ...received }) => receiptMovements(manifest, line, received, onHold(manifest))),
  ];
  const event = manifestEvent(
    'receipt_recorded',
    manifest.id,
    occurredAt,
    {
      lines: lines.map((line) => ({
        ...saidOf(line),
        ...volumeData('acceptedVolume', volumes.get(line.line.line)),
        ...volumeData('refusedVolume', refusedVolumes.get(line.line.line)),
      })),
      discrepancies: input.discrepancies.map(({ line, type }) => ({ line, type })),
      ...joinedData(decided),
    },
    {
      region: manifest.destinationRegion,
      entryMode: input.entryMode,
      refs: batchesIn(movements),
      also: {
        recordedAnyway: input.recordAnyway !== undefined,
        ...(manifest.tripId ? { tripId: manifest.tripId } : {}),
        ...usesData(settledUses(manifest.permitUses, acceptedOf(lines), dayInShanghai(occurredAt))),
        ...movementsData(movements),
      },
      ...remarksOf(input),
    },
  );
  const formed = lines.flatMap((line) => formedBatches(manifest, line, input));
  return {
    events: [event, ...formed, ...decided.events],
    answer: {
      id: manifest.id,
      status: lines.some(({ acceptedGrams }) => acceptedGrams > 0) ? 'received' : 'refused',
      batches: lines.flatMap(batchesAnswered),
    },
    warnings: [...decided.warnings, ...receiptWarnings(input, manifest, lines, volumes, facts)],
  };
}

const volumeData = <Name extends string>(name: Name, volume: ToldVolume | undefined) =>
  (volume ? { [name]: volume } : {}) as { readonly [name in Name]?: ToldVolume };

const acceptedOf = (lines: readonly ReceivedLine[]): Map<number, number> =>
  new Map(lines.map(({ line, acceptedGrams }) => [line.line, acceptedGrams]));

type ReceivedLine = Received & {
  /** As it is with what was received. */
  readonly line: Line;
  readonly method: string;
  readonly containers: readonly DecidedContainer[];
};

/** A line of which nothing is accepted is refused as a whole, unless the refused mass was weighed and given. */
function receivedLine(
  given: ReceiptLine,
  nth: number,
  manifest: Manifest,
  decided: Decided,
  facts: Facts,
): ReceivedLine {
  const found = decided.lines[nth];
  const line = found?.line ?? manifest.lines.find((one) => one.line === given.line)!;
  const figures = found?.figures ?? weighedFigures(given, line);
  const isOneBatch = !isScanned(line) && figures.acceptedGrams > 0;
  const containers = found?.decided ?? [];
  const receivedBatchIds = isOneBatch ? [facts.newId(nth)] : containers.flatMap(({ batchId }) => batchId ?? []);
  return {
    ...figures,
    line: { ...line, receivedBatchIds },
    method: given.method ?? line.plannedMethod,
    containers,
  };
}

function weighedFigures(given: ReceiptLine, line: Line): Received {
  const acceptedGrams = given.acceptedGrams ?? 0;
  const parts = carried(line);
  const pieces = piecesOf(parts);
  const refusedGrams = given.refusedGrams ?? (acceptedGrams === 0 ? gramsOf(parts) : 0);
  const refusedPieces = given.refusedPieces ?? (acceptedGrams === 0 ? pieces : 0);
  const acceptedPieces = given.acceptedPieces ?? (acceptedGrams === 0 ? 0 : Math.max(0, pieces - refusedPieces));
  const { moisturePermille } = given;
  return { acceptedGrams, refusedGrams, acceptedPieces, refusedPieces, moisturePermille };
}

/** A line as the event says it. */
function saidOf({ line, method, containers, ...received }: ReceivedLine) {
  const { acceptedGrams, refusedGrams, acceptedPieces, refusedPieces, moisturePermille } = received;
  return {
    line: line.line,
    acceptedGrams,
    refusedGrams,
    refusedPieces,
    receivedPieces: acceptedPieces + refusedPieces,
    ...(moisturePermille === undefined ? {} : { receivedMoisturePermille: moisturePermille }),
    method,
    batchId: isScanned(line) ? null : (line.receivedBatchIds[0] ?? null),
    ...(containers.length > 0 ? { containers } : {}),
  };
}

/** New batches in the consignee's stock: one a line, or one for each container that was accepted. */
function formedBatches(
  manifest: Manifest,
  received: ReceivedLine,
  { occurredAt, entryMode }: ReceiptInput,
): EventDraft[] {
  const { line, acceptedGrams, acceptedPieces } = received;
  const { accepted } = receivedShares(line, received);
  const whole = { grams: acceptedGrams, pieces: acceptedPieces, ...dried(dryGramsOf(accepted)) };
  const batches = isScanned(line)
    ? accepted.map(({ batchId, grams, pieces, dryGrams = 0 }) => {
        const { receivedBatchId, containerId, wasteCode } = line.containers.find((one) => one.batchId === batchId)!;
        return { id: receivedBatchId!, containerId, wasteCode, grams, pieces, ...dried(dryGrams) };
      })
    : line.receivedBatchIds.map((id) => ({ id, wasteCode: line.wasteCode, ...whole }));
  const origin = { origin: 'received' as const, stock: consigneeStock(manifest), manifestId: manifest.id };
  const draft = {
    occurredAt: new Date(occurredAt),
    region: manifest.destinationRegion,
    entryMode,
    refs: [manifest.id],
  };
  return batches.map((batch) => batchFormed({ ...batch, ...origin }, 'batch_received', draft));
}

function batchesAnswered({ line: { line, receivedBatchIds }, containers }: ReceivedLine) {
  const single = containers.flatMap(({ containerId, batchId }) => (batchId ? [{ line, batchId, containerId }] : []));
  return single.length > 0 ? single : [{ line, batchId: receivedBatchIds[0] ?? null }];
}

/** What was found is free text: erasable, beside the event. */
function remarksOf(input: ReceiptInput): { details?: { [key: string]: Json } } {
  const found = input.discrepancies.map(({ line, type, found }) => ({ line, type, found }));
  if (found.length === 0 && !input.recordAnyway) return {};
  return {
    details: { discrepancies: found, ...(input.recordAnyway ? { recordAnyway: input.recordAnyway.reason } : {}) },
  };
}

function wrongMethod(input: ReceiptInput, { stream }: Manifest): Refusal | undefined {
  for (const [index, { method }] of input.lines.entries()) {
    const refusal = method === undefined ? undefined : checkMethod(method, stream, `/lines/${index}/method`);
    if (refusal) return refusal;
  }
  return undefined;
}

function unknownLine(input: ReceiptInput, manifest: Manifest): Refusal | undefined {
  const index = input.discrepancies.findIndex(({ line }) => line > manifest.lines.length);
  if (index < 0) return undefined;
  return {
    problem: 'against-rule',
    detail: { zh: '不符情形所指的行不存在。', en: 'A discrepancy names a line the manifest does not have.' },
    errors: [
      {
        pointer: `/discrepancies/${index}/line`,
        detail: { zh: `1 至 ${manifest.lines.length}`, en: `1 to ${manifest.lines.length}` },
      },
    ],
  };
}

/** Pieces without mass would lie in no batch, and what was never loaded is nobody's to refuse. */
function impossibleLine(lines: readonly ReceivedLine[]): Refusal | undefined {
  for (const [index, { line, ...received }] of lines.entries()) {
    const { acceptedGrams, acceptedPieces, refusedGrams, refusedPieces } = received;
    if (acceptedGrams === 0 && acceptedPieces > 0 && line.receivedBatchIds.length === 0)
      return against(
        `/lines/${index}/acceptedPieces`,
        `第 ${line.line} 行接受 0 克，不能接受件数；请填写接受的质量。`,
        `Line ${line.line}: nothing is accepted in grams, so no pieces are; say what they weigh.`,
        'TM 18',
      );
    if (line.loaded.length === 0 && refusedGrams + refusedPieces > 0)
      return against(
        `/lines/${index}/refusedGrams`,
        `第 ${line.line} 行未装运，没有可拒收的；请先更正装运量。`,
        `Nothing of line ${line.line} was loaded, so nothing of it can be refused; correct what was picked up first.`,
        'TM 18, 29',
      );
  }
  return undefined;
}

/** Where the place's law says that a mismatch must be refused, an accepting receipt needs `recordAnyway`. */
function mustRefuse(
  input: ReceiptInput,
  lines: readonly ReceivedLine[],
  manifest: Manifest,
  facts: Facts,
): Refusal | undefined {
  if (input.discrepancies.length === 0 || input.recordAnyway || lines.every((line) => line.acceptedGrams === 0))
    return undefined;
  const day = dayInShanghai(manifest.arrivedAt ?? new Date(input.occurredAt));
  const { value, basis } = facts.reference.policy('mismatch', {
    region: manifest.destinationRegion,
    stream: manifest.stream,
    day,
  });
  if (value !== 'MUST_REFUSE') return undefined;
  return {
    problem: 'against-rule',
    detail: {
      zh: '接受地规定：情况不符的应当拒绝接受。请以 acceptedGrams 0 办理拒收，或附 recordAnyway.reason 如实记录已接受的事实。',
      en: 'The law of this place says that a mismatch must be refused. Refuse with acceptedGrams 0, or record what was done all the same with recordAnyway.reason.',
    },
    basis: `${basis.instrument} ${basis.article}`,
    errors: [{ pointer: '/recordAnyway', detail: '{ "reason": "…" }' }],
  };
}

/** Of a line whose difference was reported as one nothing is said (TM 18 ¶2). */
function receiptWarnings(
  input: ReceiptInput,
  manifest: Manifest,
  lines: readonly ReceivedLine[],
  volumes: ReadonlyMap<number, ToldVolume>,
  facts: Facts,
): Warning[] {
  const { now, reference } = facts;
  const { destinationRegion: region, stream, arrivedAt } = manifest;
  const place = { region, stream, day: dayInShanghai(arrivedAt ?? new Date(input.occurredAt)) };
  const differing = lines.flatMap(({ line, acceptedGrams, refusedGrams }, index) => {
    if (input.discrepancies.some((one) => one.line === line.line && one.type === 'quantity')) return [];
    const [sentGrams, receivedGrams] = [gramsOf(carried(line)), acceptedGrams + refusedGrams];
    return receivedDiffers({ line, sentGrams, receivedGrams, volume: volumes.get(line.line) }, index, place, facts);
  });
  const wet = lines.flatMap((line, index) => moistureWarnings(line, index, manifest, input, reference));
  const early = ifBefore(manifest.arrivedAt, input, {
    code: 'received-before-arrival',
    detail: { zh: '接受时间早于运抵时间。', en: 'It was received before it arrived.' },
  });
  const { paperDueOn } = manifest;
  const late = paperDueOn !== null && dayInShanghai(now) > paperDueOn ? [enteredLate(paperDueOn)] : [];
  return [...differing, ...wet, ...early, ...late];
}

/** What is to be measured at the gate, and what the place takes at most. */
function moistureWarnings(
  { line, moisturePermille, acceptedGrams }: ReceivedLine,
  index: number,
  { destinationRegion: region, stream, arrivedAt }: Manifest,
  { occurredAt }: ReceiptInput,
  reference: Facts['reference'],
): Warning[] {
  if (moistureOf(line) === undefined || acceptedGrams === 0) return [];
  const pointer = `/lines/${index}/moisturePermille`;
  if (moisturePermille === undefined) {
    const detail = {
      zh: `第 ${line.line} 行未测含水率；干物质按来料比例入账。`,
      en: `The moisture of line ${line.line} was not measured; its dry mass is booked in proportion to what came.`,
    };
    return [{ code: 'moisture-not-measured', pointer, basis: OURS, detail }];
  }
  const day = dayInShanghai(arrivedAt ?? new Date(occurredAt));
  const limit = reference.policyIf('receiving-moisture-permille', { region, stream, day });
  if (!limit || moisturePermille <= limit.value) return [];
  const detail = {
    zh: `第 ${line.line} 行含水率 ${moisturePermille} ‰，高于该地接收上限 ${limit.value} ‰。`,
    en: `Line ${line.line} has a moisture of ${moisturePermille} ‰; this place takes at most ${limit.value} ‰.`,
  };
  const basis = `${limit.basis.instrument} ${limit.basis.article}`;
  return [{ code: 'moisture-above-limit', pointer, basis, detail }];
}
const OURS = '本平台约定 0024';
