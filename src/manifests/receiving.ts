/** Receipt (接受): what the consignee decides line by line, and how the mass is booked. TM 12(1)-(2), 18. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import { batchesIn, movementsData } from '../custody/ledger.ts';
import { settledUses, usesData } from '../permits/uses.ts';
import { type Decision, refused, type Warning } from '../platform/acts.ts';
import type { Json } from '../platform/events.ts';
import type { Refusal } from '../problems.ts';
import { consigneeStock, onHold, type Received, receiptMovements } from './booking.ts';
import { checkMethod } from './filing.ts';
import type { ReceiptInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { enteredLate } from './moving.ts';
import { carried, gramsOf, piecesOf } from './parts.ts';
import { against, everyLineOnce, ifBefore, manifestEvent } from './standing.ts';
import type { Line } from './tables.ts';

type ReceiptLine = ReceiptInput['lines'][number];
export function decideReceipt(input: ReceiptInput, manifest: Manifest, facts: Facts): Decision {
  const refusal =
    everyLineOnce(manifest.lines, input.lines) ??
    wrongMethod(input) ??
    unknownLine(input, manifest) ??
    impossibleLine(input, manifest) ??
    mustRefuse(input, manifest, facts);
  if (refusal) return refused(refusal);
  const occurredAt = new Date(input.occurredAt);
  const lines = input.lines.map((given, nth) =>
    receivedLine(given, manifest, given.acceptedGrams > 0 ? facts.newId(nth) : null),
  );
  const movements = lines.flatMap(({ line, ...received }) =>
    receiptMovements(manifest, line, received, onHold(manifest)),
  );
  const event = manifestEvent(
    'receipt_recorded',
    manifest.id,
    occurredAt,
    {
      lines: lines.map(({ line, acceptedGrams, refusedGrams, acceptedPieces, refusedPieces, method, batchId }) => ({
        line: line.line,
        acceptedGrams,
        refusedGrams,
        refusedPieces,
        receivedPieces: acceptedPieces + refusedPieces,
        method,
        batchId,
      })),
      discrepancies: input.discrepancies.map(({ line, type }) => ({ line, type })),
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
  const formed = lines.flatMap(({ line: { wasteCode }, acceptedGrams: grams, acceptedPieces: pieces, batchId: id }) => {
    if (!id) return [];
    const batch = {
      id,
      origin: 'received' as const,
      stock: consigneeStock(manifest),
      wasteCode,
      grams,
      pieces,
      manifestId: manifest.id,
    };
    const { entryMode } = input;
    const draft = { occurredAt, region: manifest.destinationRegion, entryMode, refs: [manifest.id] };
    return [batchFormed(batch, 'batch_received', draft)];
  });
  const batches = lines.map(({ line, batchId }) => ({ line: line.line, batchId }));
  return {
    events: [event, ...formed],
    answer: {
      id: manifest.id,
      status: lines.some(({ acceptedGrams }) => acceptedGrams > 0) ? 'received' : 'refused',
      batches,
    },
    warnings: receiptWarnings(input, manifest, lines, facts),
  };
}

const acceptedOf = (lines: readonly ReceivedLine[]): Map<number, number> =>
  new Map(lines.map(({ line, acceptedGrams }) => [line.line, acceptedGrams]));

type ReceivedLine = Received & { readonly line: Line; readonly method: string };

/** A line of which nothing is accepted is refused as a whole, unless the refused mass was weighed and given. */
function receivedLine(given: ReceiptLine, manifest: Manifest, batchId: string | null): ReceivedLine {
  const line = manifest.lines.find((one) => one.line === given.line)!;
  const parts = carried(line);
  const pieces = piecesOf(parts);
  const refusedGrams = given.refusedGrams ?? (given.acceptedGrams === 0 ? gramsOf(parts) : 0);
  const refusedPieces = given.refusedPieces ?? (given.acceptedGrams === 0 ? pieces : 0);
  const acceptedPieces = given.acceptedPieces ?? (batchId === null ? 0 : Math.max(0, pieces - refusedPieces));
  return {
    line,
    acceptedGrams: given.acceptedGrams,
    refusedGrams,
    acceptedPieces,
    refusedPieces,
    method: given.method ?? line.plannedMethod,
    batchId,
  };
}

/** What was found is free text: erasable, beside the event. */
function remarksOf(input: ReceiptInput): { details?: { [key: string]: Json } } {
  const found = input.discrepancies.map(({ line, type, found }) => ({ line, type, found }));
  if (found.length === 0 && !input.recordAnyway) return {};
  return {
    details: { discrepancies: found, ...(input.recordAnyway ? { recordAnyway: input.recordAnyway.reason } : {}) },
  };
}

function wrongMethod(input: ReceiptInput): Refusal | undefined {
  for (const [index, { method }] of input.lines.entries()) {
    const refusal = method === undefined ? undefined : checkMethod(method, `/lines/${index}/method`);
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
    errors: [{ pointer: `/discrepancies/${index}/line`, detail: `1 to ${manifest.lines.length}` }],
  };
}

/** Pieces without mass would lie in no batch, and what was never loaded is nobody's to refuse. */
function impossibleLine(input: ReceiptInput, manifest: Manifest): Refusal | undefined {
  for (const [index, given] of input.lines.entries()) {
    const { line, loaded } = manifest.lines.find((one) => one.line === given.line)!;
    if (given.acceptedGrams === 0 && (given.acceptedPieces ?? 0) > 0)
      return against(
        `/lines/${index}/acceptedPieces`,
        `第 ${line} 行接受 0 克，不能接受件数；请填写接受的质量。`,
        `Line ${line}: nothing is accepted in grams, so no pieces are; say what they weigh.`,
        'TM 18',
      );
    if (loaded.length === 0 && (given.refusedGrams ?? 0) + (given.refusedPieces ?? 0) > 0)
      return against(
        `/lines/${index}/refusedGrams`,
        `第 ${line} 行未装运，没有可拒收的；请先更正装运量。`,
        `Nothing of line ${line} was loaded, so nothing of it can be refused; correct what was picked up first.`,
        'TM 18, 29',
      );
  }
  return undefined;
}

/** Where the place's law says that a mismatch must be refused, an accepting receipt needs `recordAnyway`. */
function mustRefuse(input: ReceiptInput, manifest: Manifest, facts: Facts): Refusal | undefined {
  if (input.discrepancies.length === 0 || input.recordAnyway || input.lines.every((line) => line.acceptedGrams === 0))
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

/** TM 18 ¶2: a difference in quantity is one of the five that must be reported. */
function receiptWarnings(
  input: ReceiptInput,
  manifest: Manifest,
  lines: readonly ReceivedLine[],
  { now }: Facts,
): Warning[] {
  const differing = lines.flatMap(({ line, acceptedGrams, refusedGrams }, index) => {
    const sent = gramsOf(carried(line));
    const got = acceptedGrams + refusedGrams;
    const reported = input.discrepancies.some((one) => one.line === line.line && one.type === 'quantity');
    if (got === sent || reported) return [];
    const detail = {
      zh: `第 ${line.line} 行：装运 ${sent} 克，收到 ${got} 克，未填报数量不符。`,
      en: `Line ${line.line}: ${sent} g were loaded and ${got} g received, with no quantity discrepancy reported.`,
    };
    return [{ code: 'quantity-differs', pointer: `/lines/${index}`, basis: 'TM 18 ¶2', detail }];
  });
  const early = ifBefore(manifest.arrivedAt, input, {
    code: 'received-before-arrival',
    detail: { zh: '接受时间早于运抵时间。', en: 'It was received before it arrived.' },
  });
  const { paperDueOn } = manifest;
  const late = paperDueOn !== null && dayInShanghai(now) > paperDueOn ? [enteredLate(paperDueOn)] : [];
  return [...differing, ...early, ...late];
}
