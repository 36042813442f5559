/** Receipt (接受): what the consignee decides line by line, and how the mass is booked. TM 12(1)-(2), 18. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import { apportion, batchesIn, type Movement, movementsData, type Place } from '../custody/ledger.ts';
import { type Decision, refused, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import type { Refusal } from '../problems.ts';
import { checkMethod } from './filing.ts';
import type { ReceiptInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import type { Line } from './tables.ts';

type ReceiptLine = ReceiptInput['lines'][number];
interface Places {
  readonly hold: Place;
  readonly stock: Place;
}

export function decideReceipt(input: ReceiptInput, manifest: Manifest, facts: Facts, places: Places): Decision {
  const refusal = wrongMethod(input) ?? unknownLine(input, manifest) ?? mustRefuse(input, manifest, facts);
  if (refusal) return refused(refusal);
  const occurredAt = new Date(input.occurredAt);
  const lines = input.lines.map((given, nth) => {
    const line = manifest.lines.find((one) => one.line === given.line)!;
    const batchId = given.acceptedGrams > 0 ? facts.newId(nth) : null;
    const acceptedPieces = given.acceptedPieces ?? Math.max(0, (line.pickedUpPieces ?? 0) - given.refusedPieces);
    return {
      given,
      line,
      batchId,
      acceptedPieces,
      movements: bookLine(line, { ...given, acceptedPieces }, batchId, manifest, places),
    };
  });
  const movements = lines.flatMap((line) => line.movements);
  const event: EventDraft = {
    type: 'receipt_recorded',
    subject: { kind: 'manifest', id: manifest.id },
    occurredAt,
    region: manifest.destinationRegion,
    entryMode: input.entryMode,
    refs: batchesIn(movements),
    data: {
      lines: lines.map(({ given, line, batchId, acceptedPieces }) => ({
        line: given.line,
        acceptedGrams: given.acceptedGrams,
        refusedGrams: given.refusedGrams,
        receivedPieces: acceptedPieces + given.refusedPieces,
        method: given.method ?? line.plannedMethod,
        batchId,
      })),
      discrepancies: input.discrepancies.map(({ line, type }) => ({ line, type })),
      recordedAnyway: input.recordAnyway !== undefined,
      ...movementsData(movements),
    },
    ...remarksOf(input),
  };
  const formed = lines.flatMap(({ given, line, batchId, acceptedPieces }) =>
    batchId
      ? [
          batchFormed(
            {
              id: batchId,
              origin: 'received',
              stock: places.stock,
              wasteCode: line.wasteCode,
              grams: given.acceptedGrams,
              pieces: acceptedPieces,
              manifestId: manifest.id,
            },
            'batch_received',
            { occurredAt, region: manifest.destinationRegion, refs: [manifest.id] },
          ),
        ]
      : [],
  );
  const batches = lines.map(({ given, batchId }) => ({ line: given.line, batchId }));
  return {
    events: [event, ...formed],
    answer: { id: manifest.id, status: 'received', batches },
    warnings: receiptWarnings(input, manifest),
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

/**
 * Empties the line's hold exactly: accepted into the consignee's stock as a new batch, refused to the refused account,
 * what is missing or in excess against the weighing difference. Several batches share in proportion.
 */
function bookLine(
  line: Line,
  given: ReceiptLine & { acceptedPieces: number },
  batchId: string | null,
  manifest: Manifest,
  { hold, stock }: Places,
): Movement[] {
  const refusedReturn: Place = ['refused_return', manifest.consigneeId, manifest.consigneeSiteId, manifest.consignorId];
  const difference: Place = [
    'weighing_difference',
    manifest.consigneeId,
    manifest.consigneeSiteId,
    manifest.consignorId,
  ];
  const grams = line.loaded.map((batch) => batch.grams);
  const pieces = line.loaded.map((batch) => batch.pieces);
  const accepted = { grams: apportion(given.acceptedGrams, grams), pieces: apportion(given.acceptedPieces, pieces) };
  const rejected = { grams: apportion(given.refusedGrams, grams), pieces: apportion(given.refusedPieces, pieces) };
  const { wasteCode, line: number } = line;
  const move = (
    from: Place,
    to: Place,
    fromBatch: string,
    toBatch: string,
    quantity: { grams: number; pieces: number },
  ): Movement => ({ wasteCode, line: number, from, to, fromBatch, toBatch, ...quantity, dryGrams: 0 });
  return line.loaded.flatMap(({ batchId: loaded }, index) => {
    const take = { grams: accepted.grams[index]!, pieces: accepted.pieces[index]! };
    const refuse = { grams: rejected.grams[index]!, pieces: rejected.pieces[index]! };
    const rest = {
      grams: grams[index]! - take.grams - refuse.grams,
      pieces: pieces[index]! - take.pieces - refuse.pieces,
    };
    return [
      ...(batchId ? [move(hold, stock, loaded, batchId, take)] : []),
      move(hold, refusedReturn, loaded, loaded, refuse),
      move(
        hold,
        difference,
        loaded,
        loaded,
        batchId ? rest : { grams: rest.grams + take.grams, pieces: rest.pieces + take.pieces },
      ),
    ];
  });
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

/** Where the place's law says that a mismatch must be refused, an accepting receipt needs `recordAnyway`. */
function mustRefuse(input: ReceiptInput, manifest: Manifest, facts: Facts): Refusal | undefined {
  if (input.discrepancies.length === 0 || input.recordAnyway || input.lines.every((line) => line.acceptedGrams === 0))
    return undefined;
  const day = dayInShanghai(new Date(input.occurredAt));
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
function receiptWarnings(input: ReceiptInput, manifest: Manifest): Warning[] {
  return input.lines.flatMap((given, index) => {
    const sent = manifest.lines.find((line) => line.line === given.line)!.pickedUpGrams ?? 0;
    const got = given.acceptedGrams + given.refusedGrams;
    const reported = input.discrepancies.some(({ line, type }) => line === given.line && type === 'quantity');
    if (got === sent || reported) return [];
    const detail = {
      zh: `第 ${given.line} 行：装运 ${sent} 克，收到 ${got} 克，未填报数量不符。`,
      en: `Line ${given.line}: ${sent} g were loaded and ${got} g received, with no quantity discrepancy reported.`,
    };
    return [{ code: 'quantity-differs', pointer: `/lines/${index}`, basis: 'TM 18 ¶2', detail }];
  });
}
