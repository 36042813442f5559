/** Pickup (装运) and arrival (运抵): what left the origin as weighed, and when it stood at the gate. TM 11. */
import { addWorkingDays, dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { batchFormed } from '../custody/batches.ts';
import {
  accountOf,
  batchesIn,
  type Movement,
  movementsData,
  type Place,
  type StockedBatch,
  type Taken,
  takeFrom,
} from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import type { ArrivalInput, PickupInput } from './inputs.ts';
import { DEADLINES } from './lifecycle.ts';
import type { Manifest } from './manifest.ts';
import { baseEvent, everyLineOnce, ifBefore, onHold, onTheRoad, originStock, UNRECORDED_NTH } from './standing.ts';
import type { LineBatch } from './tables.ts';

interface LoadedLine {
  readonly line: number;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  readonly loaded: readonly Taken[];
  /** A batch opened because the origin's register knows of none. */
  readonly unrecorded: string | null;
}

export function decidePickup(input: PickupInput, manifest: Manifest, states: States, facts: Facts): Decision {
  const structure = everyLineOnce(manifest, input.lines);
  if (structure) return refused(structure);
  const occurredAt = new Date(input.occurredAt);
  const { plate, warnings } = plateRemarks(input.plate);
  const lines = loadLines(input, manifest, states, facts);
  const movements = lines.flatMap(({ line, wasteCode, loaded }) =>
    moveAll(wasteCode, line, loaded, originStock(manifest), onTheRoad(manifest)),
  );
  const event: EventDraft = {
    ...baseEvent('picked_up', manifest.id, occurredAt),
    region: manifest.originRegion,
    entryMode: input.entryMode,
    refs: batchesIn(movements),
    data: {
      plate,
      driverId: input.driverId ?? null,
      waybillNumber: input.waybillNumber ?? null,
      lines: lines.map(({ line, grams, pieces, loaded }) => ({
        line,
        grams,
        pieces,
        loaded: loaded as unknown as Json,
      })),
      ...movementsData(movements),
    },
  };
  const opened = lines.flatMap(({ line, wasteCode, unrecorded }) =>
    unrecorded ? [unrecordedBatch(manifest, wasteCode, unrecorded, occurredAt, line)] : [],
  );
  return {
    events: [event, ...opened],
    answer: { id: manifest.id, status: 'in_transit' },
    warnings: [...warnings, ...pickupWarnings(input, manifest, lines)],
  };
}

/** Line by line: what one line has taken from the stock is gone for the next. */
function loadLines(input: PickupInput, manifest: Manifest, states: States, facts: Facts): LoadedLine[] {
  const left = new Map<string, readonly StockedBatch[]>();
  return input.lines.map(({ line, massGrams: grams, pieces: counted }) => {
    const { wasteCode, namedBatches, declaredPieces } = manifest.lines.find((one) => one.line === line)!;
    const pieces = counted ?? (grams > 0 ? declaredPieces : 0);
    const stock = left.get(wasteCode) ?? states.found(stockLookup, accountOf(originStock(manifest), wasteCode).id);
    const taken = takeFrom(stock, namedBatches, grams, pieces);
    left.set(wasteCode, without(stock, taken));
    const unrecorded = taken.length === 0 && (grams > 0 || pieces > 0) ? facts.newId(UNRECORDED_NTH + line) : null;
    const loaded = unrecorded ? [{ batchId: unrecorded, grams, pieces, inferred: true }] : taken;
    return { line, wasteCode, grams, pieces, loaded, unrecorded };
  });
}

function without(stock: readonly StockedBatch[], taken: readonly Taken[]): StockedBatch[] {
  return stock.map((batch) => {
    const part = taken.find(({ batchId }) => batchId === batch.batchId);
    return part ? { ...batch, grams: batch.grams - part.grams, pieces: batch.pieces - part.pieces } : batch;
  });
}

/** Something was loaded of which no generation is recorded: a batch is opened for it, and its stock goes below zero. */
function unrecordedBatch(
  manifest: Manifest,
  wasteCode: string,
  id: string,
  occurredAt: Date,
  line: number,
): EventDraft {
  const formed = {
    id,
    origin: 'generated' as const,
    stock: originStock(manifest),
    wasteCode,
    grams: 0,
    pieces: 0,
    manifestId: manifest.id,
  };
  return batchFormed(formed, 'unrecorded_batch_loaded', {
    occurredAt,
    region: manifest.originRegion,
    refs: [manifest.id],
    data: { line },
  });
}

export function decideArrival(input: ArrivalInput, manifest: Manifest, facts: Facts): Decision {
  const occurredAt = new Date(input.occurredAt);
  const movements = manifest.lines.flatMap(({ line, wasteCode, loaded }) =>
    moveAll(wasteCode, line, loaded, onTheRoad(manifest), onHold(manifest)),
  );
  const day = dayInShanghai(occurredAt);
  const place = { region: manifest.destinationRegion, stream: manifest.stream, day };
  const due = addWorkingDays(day, facts.reference.policy(DEADLINES.receipt.policy, place).value);
  const event: EventDraft = {
    ...baseEvent('arrived', manifest.id, occurredAt),
    region: manifest.destinationRegion,
    entryMode: input.entryMode,
    refs: batchesIn(movements),
    data: {
      siteId: input.siteId ?? manifest.consigneeSiteId,
      dueOn: due.day,
      provisional: due.provisional,
      calendar: due.calendarVersion,
      ...movementsData(movements),
    },
  };
  const answer = { id: manifest.id, status: 'arrived', receiptDueOn: due.day, receiptDueProvisional: due.provisional };
  return { events: [event], answer, warnings: arrivalWarnings(input, manifest) };
}

const moveAll = (wasteCode: string, line: number, batches: readonly LineBatch[], from: Place, to: Place): Movement[] =>
  batches.map(({ batchId, grams, pieces }) => ({
    wasteCode,
    line,
    from,
    to,
    fromBatch: batchId,
    toBatch: batchId,
    grams,
    pieces,
    dryGrams: 0,
  }));

function pickupWarnings(input: PickupInput, manifest: Manifest, lines: readonly LoadedLine[]): Warning[] {
  const warnings = ifBefore(manifest.issuedAt, input, {
    code: 'loaded-before-issue',
    basis: 'TM 11(1)',
    detail: { zh: '装运时间早于联单签发时间。', en: 'It was loaded before the manifest was issued.' },
  });
  for (const { line, unrecorded } of lines) {
    if (unrecorded)
      warnings.push({
        code: 'stock-unrecorded',
        pointer: `/lines/${line - 1}`,
        basis: 'TM 10(3)',
        detail: {
          zh: `第 ${line} 行所装废物在台账中没有库存。`,
          en: `No stock of line ${line} is on record at the origin.`,
        },
      });
  }
  return warnings;
}

function arrivalWarnings(input: ArrivalInput, manifest: Manifest): Warning[] {
  const warnings = ifBefore(manifest.pickedUpAt, input, {
    code: 'arrived-before-pickup',
    detail: { zh: '运抵时间早于装运时间。', en: 'It arrived before it was picked up.' },
  });
  if (input.siteId && input.siteId !== manifest.consigneeSiteId) {
    warnings.push({
      code: 'arrived-elsewhere',
      pointer: '/siteId',
      basis: 'TM 11(4)',
      detail: {
        zh: '运抵地点不是联单载明的接受人场所。',
        en: "It arrived at another site than the consignee's on the manifest.",
      },
    });
  }
  return warnings;
}
