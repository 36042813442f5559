/** Which batches a treatment took from, and how far their stock reached. Pure. */
import { type Place, takeFrom } from '../custody/ledger.ts';
import type { StockBalance } from '../custody/repository.ts';
import type { JudgedInput } from './rules.ts';
import type { TreatmentInput } from './tables.ts';

/** One input of a report: a named batch, or so much of a waste. */
export interface Given {
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  /** Where it stands in the report. */
  readonly pointer: string;
  readonly batchId?: string;
  /** What the register has of it, oldest first. */
  readonly held: readonly StockBalance[];
  /** Kept for another. */
  readonly isOthers: boolean;
  /** The container that was scanned, and where its record says that its content lies. */
  readonly containerId?: string;
  readonly from?: Place | null;
}

export interface TakenInputs {
  /** One for each batch. */
  readonly inputs: readonly TreatmentInput[];
  readonly judged: readonly JudgedInput[];
  /** Batches opened because the register knows of none. */
  readonly unrecorded: readonly { readonly batchId: string; readonly wasteCode: string }[];
  /** When the oldest of each waste that was taken came to be. */
  readonly formedAt: ReadonlyMap<string, Date>;
  /** Containers that the oldest of a waste was taken out of, although nobody scanned them. */
  readonly unscanned: number;
}

/** Places in the act's list of new ids. */
const UNRECORDED_NTH = 100;

/** In the order of the report: what one input has taken is gone for the next. */
export function takeInputs(all: readonly Given[], newId: (nth: number) => string): TakenInputs {
  const left = new Map<string, StockBalance>();
  const inputs = new Map<string, TreatmentInput>();
  const judged: JudgedInput[] = [];
  const unrecorded: TakenInputs['unrecorded'][number][] = [];
  const formedAt = new Map<string, Date>();
  const unscanned = new Set<string>();
  for (const [nth, { wasteCode, grams, pieces, pointer, batchId, held, isOthers, ...scanned }] of all.entries()) {
    const stock = held.map((balance) => left.get(balance.batchId) ?? balance);
    const taken = takeFrom(stock, batchId === undefined ? [] : [batchId], grams, pieces);
    const heldGrams = stock.reduce((sum, balance) => sum + Math.max(balance.grams, 0), 0);
    const foreign = isOthers || taken.some((part) => originOf(part.batchId, stock) === 'received');
    judged.push({ wasteCode, pointer, grams, heldGrams: stock.length === 0 ? null : heldGrams, foreign });
    if (taken.length === 0) {
      const opened = newId(UNRECORDED_NTH + nth);
      unrecorded.push({ batchId: opened, wasteCode });
      inputs.set(opened, { batchId: opened, wasteCode, grams, pieces, dryGrams: 0, inferred: true });
    }
    for (const part of taken) {
      const balance = stock.find((one) => one.batchId === part.batchId)!;
      const oldest = formedAt.get(wasteCode);
      if (!oldest || balance.formedAt < oldest) formedAt.set(wasteCode, balance.formedAt);
      const { dryGrams = 0 } = part;
      left.set(part.batchId, {
        ...balance,
        grams: balance.grams - part.grams,
        pieces: balance.pieces - part.pieces,
        dryGrams: balance.dryGrams - dryGrams,
      });
      if (balance.containerId !== null && scanned.containerId === undefined) unscanned.add(balance.containerId);
      inputs.set(part.batchId, added(inputs.get(part.batchId), { ...part, wasteCode, dryGrams, ...takenBy(scanned) }));
    }
  }
  return { inputs: [...inputs.values()], judged, unrecorded, formedAt, unscanned: unscanned.size };
}

/** As the record of the treatment keeps it. */
const takenBy = ({ containerId, from }: Pick<Given, 'containerId' | 'from'>) => ({
  ...(containerId ? { containerId } : {}),
  ...(from ? { from } : {}),
});

const originOf = (batchId: string, stock: readonly StockBalance[]) =>
  stock.find((balance) => balance.batchId === batchId)?.origin;

const added = (known: TreatmentInput | undefined, part: TreatmentInput): TreatmentInput =>
  known === undefined
    ? part
    : {
        ...part,
        grams: known.grams + part.grams,
        pieces: known.pieces + part.pieces,
        dryGrams: known.dryGrams + part.dryGrams,
        inferred: known.inferred && part.inferred,
        ...takenBy({ ...known, ...part }),
      };
