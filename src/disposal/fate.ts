/**
 * The fate (去向) of what a manifest brought: TM 12(4), the consignee tells the consignor how its waste was used or
 * disposed of. Derived from batches: what left a batch takes of every manifest in it the share that manifest has of the
 * batch. Shares are exact fractions and rounded once, at the end, so that they add up. Pure.
 */
import type { TreatmentKind } from '../catalogue/treatment-methods.ts';
import type { BatchOrigin } from '../custody/ledger.ts';

/** A batch and where its mass went, as the ledger has it. */
export interface FateBatch {
  readonly id: string;
  readonly siteId: string;
  readonly initialGrams: number;
  /** Below zero when more left it than came. */
  readonly stockGrams: number;
  readonly treated: readonly { readonly treatmentId: string; readonly grams: number }[];
  readonly loaded: readonly Load[];
  readonly edges: readonly FateEdge[];
}

/** How much of a batch another was made of; of that other, what it is. */
export interface FateEdge {
  readonly toId: string;
  readonly grams: number;
  readonly origin: BatchOrigin;
  readonly wasteCode: string;
  /** The manifest that brought it. */
  readonly manifestId: string | null;
}

/** What of a batch was loaded on another manifest. */
export interface Load {
  readonly manifestId: string;
  readonly grams: number;
  /** Of this, what waits to be brought back or sent on, and what was lost on the way. */
  readonly refusedGrams: number;
  readonly lostGrams: number;
  /** The next consignee has decided: nothing of it is on the road. */
  readonly closed: boolean;
}

export interface FateGraph {
  readonly batches: ReadonlyMap<string, FateBatch>;
  readonly treatments: ReadonlyMap<string, { readonly method: string; readonly treatmentKind: TreatmentKind }>;
}

/** in_transit: on the next manifest, not yet received. unexplained: it left the stock by no act that is known here. */
export const FATES = [
  'in_stock',
  'treated',
  'in_transit',
  'refused',
  'lost',
  'weighing_difference',
  'unexplained',
  'beyond_limits',
] as const;
export type FateName = (typeof FATES)[number];
const PENDING: readonly FateName[] = ['in_stock', 'in_transit', 'refused', 'beyond_limits'];

interface PartName {
  readonly fate: FateName;
  readonly siteId: string | null;
  /** The manifest that took it on, when it was not this one. */
  readonly manifestId: string | null;
  readonly method: string | null;
  readonly treatmentKind: TreatmentKind | null;
}
export type FatePart = PartName & { readonly grams: number; readonly permille: number };

export interface Fate {
  readonly grams: number;
  /** Add up to `grams` and to 1000. */
  readonly parts: readonly FatePart[];
  /** Nothing of it is left in stock, on the road or in hold. */
  readonly settled: boolean;
  /** What was loaded on other manifests, wherever it went then. */
  readonly forwarded: readonly { readonly manifestId: string; readonly grams: number }[];
  /** New waste that came of it, and where that is. */
  readonly residues: readonly ResidueFate[];
}
export type ResidueFate = Pick<Fate, 'grams' | 'parts'> & { readonly wasteCode: string };

/** The fate of one line: of what was accepted of it, in the batches it became. */
export function fateOf(roots: readonly { readonly batchId: string; readonly grams: number }[], graph: FateGraph): Fate {
  const walk: Walk = {
    graph,
    amounts: new Map(),
    done: new Set(),
    parts: new Map(),
    formed: new Map(),
    sent: new Map(),
  };
  const known = roots.filter(({ batchId }) => graph.batches.has(batchId));
  const grams = known.reduce((sum, root) => sum + root.grams, 0);
  for (const root of known) give(walk, root.batchId, ITSELF, fraction(root.grams));
  const rootIds = known.map(({ batchId }) => batchId);
  for (const id of inOrder(rootIds, graph)) leave(walk, graph.batches.get(id)!);
  const parts = partsOf(walk, ITSELF.residueOf, grams);
  return {
    grams,
    parts,
    settled: parts.every(({ fate }) => !PENDING.includes(fate)),
    forwarded: [...walk.sent].map(([manifestId, amount]) => ({ manifestId, grams: rounded(amount) })),
    residues: [...walk.formed].map(([wasteCode, amount]) => {
      const formedGrams = rounded(amount);
      return { wasteCode, grams: formedGrams, parts: partsOf(walk, wasteCode, formedGrams) };
    }),
  };
}

/** What of the manifest's mass lies in a batch: the waste itself, or a residue of it, by which manifest it came. */
interface Strand {
  readonly residueOf: string | null;
  readonly manifestId: string | null;
}
const ITSELF: Strand = { residueOf: null, manifestId: null };

interface Walk {
  readonly graph: FateGraph;
  /** Batch → strand → grams. */
  readonly amounts: Map<string, Map<string, { strand: Strand; grams: Fraction }>>;
  readonly done: Set<string>;
  readonly parts: Map<string, { residueOf: string | null; name: PartName; grams: Fraction }>;
  readonly formed: Map<string, Fraction>;
  readonly sent: Map<string, Fraction>;
}

function give({ amounts }: Walk, batchId: string, strand: Strand, grams: Fraction): void {
  const strands = amounts.get(batchId) ?? new Map();
  amounts.set(batchId, strands);
  const key = `${strand.residueOf} ${strand.manifestId}`;
  strands.set(key, { strand, grams: plus(strands.get(key)?.grams ?? NOTHING, grams) });
}

/** Shares what came into a batch over what left it and what is left. */
function leave(walk: Walk, batch: FateBatch): void {
  walk.done.add(batch.id);
  const plan = planOf(batch);
  for (const { strand, grams } of walk.amounts.get(batch.id)?.values() ?? []) {
    const shareOf = (part: number): Fraction => times(grams, part, plan.total);
    const end = (name: Partial<PartName> & { fate: FateName }, share: Fraction) =>
      finish(walk, strand, { siteId: batch.siteId, manifestId: strand.manifestId, ...NO_METHOD, ...name }, share);
    const go = (toId: string, next: Strand, share: Fraction) =>
      walk.graph.batches.has(toId) && !walk.done.has(toId)
        ? give(walk, toId, next, share)
        : finish(walk, next, { fate: 'beyond_limits', siteId: null, manifestId: next.manifestId, ...NO_METHOD }, share);
    if (plan.total === 0) end({ fate: 'unexplained' }, grams);
    else {
      end({ fate: 'in_stock' }, shareOf(plan.stock));
      end({ fate: 'unexplained' }, shareOf(plan.unexplained));
      for (const { treatmentId, grams: part } of batch.treated)
        end({ fate: 'treated', ...walk.graph.treatments.get(treatmentId)! }, shareOf(part));
      for (const { toId, grams: part } of plan.moved) go(toId, strand, shareOf(part));
      for (const load of plan.loads) forward({ walk, strand, load, go }, shareOf(load.grams));
      for (const { toId, grams: part, wasteCode } of plan.residues) {
        const share = shareOf(part);
        walk.formed.set(wasteCode, plus(walk.formed.get(wasteCode) ?? NOTHING, share));
        go(toId, { ...strand, residueOf: wasteCode }, share);
      }
    }
  }
}

/** What was loaded is received as new batches, refused, missing on the scale, or still on the road. */
function forward(
  {
    walk,
    strand,
    load,
    go,
  }: { walk: Walk; strand: Strand; load: PlannedLoad; go(toId: string, next: Strand, share: Fraction): void },
  share: Fraction,
): void {
  const { manifestId, received, refusedGrams, lostGrams, closed } = load;
  const next = { ...strand, manifestId };
  if (strand.residueOf === null) walk.sent.set(manifestId, plus(walk.sent.get(manifestId) ?? NOTHING, share));
  const receivedGrams = received.reduce((sum, { grams }) => sum + grams, 0);
  const missing = Math.max(0, load.grams - receivedGrams);
  const lost = Math.min(missing, lostGrams);
  const refused = Math.min(missing - lost, refusedGrams);
  const total = receivedGrams + missing;
  const end = (fate: FateName, grams: number) =>
    finish(walk, strand, { fate, siteId: null, manifestId, ...NO_METHOD }, times(share, grams, total));
  for (const { toId, grams } of received) go(toId, next, times(share, grams, total));
  end('lost', lost);
  if (closed) {
    end('refused', refused);
    end('weighing_difference', missing - lost - refused);
  } else end('in_transit', missing - lost);
}

const NO_METHOD = { method: null, treatmentKind: null };

function finish({ parts }: Walk, { residueOf }: Strand, name: PartName, share: Fraction): void {
  if (share.over === 0n) return;
  const key = JSON.stringify([residueOf, Object.entries(name).sort()]);
  parts.set(key, { residueOf, name, grams: plus(parts.get(key)?.grams ?? NOTHING, share) });
}

type PlannedLoad = Load & { readonly received: FateBatch['edges'] };

interface Plan {
  readonly stock: number;
  readonly unexplained: number;
  readonly loads: readonly PlannedLoad[];
  readonly moved: FateBatch['edges'];
  /** Formed of what was treated: not a part of it, but something new beside it. */
  readonly residues: FateBatch['edges'];
  readonly total: number;
}

/** Which of the batches that came of this one is a residue, which was received from a load, which only moved. */
function planOf({ edges, loaded, treated, stockGrams, initialGrams }: FateBatch): Plan {
  const residues = edges.filter(({ origin }) => origin === 'residue');
  const others = edges.filter(({ origin }) => origin !== 'residue');
  const loads = loaded.map((load) => ({
    ...load,
    received: others.filter(({ manifestId }) => manifestId === load.manifestId),
  }));
  const moved = others.filter(({ manifestId }) => !loaded.some((load) => load.manifestId === manifestId));
  const stock = Math.max(0, stockGrams);
  const told = [...treated, ...loads, ...moved].reduce((sum, { grams }) => sum + grams, stock);
  const unexplained = Math.max(0, initialGrams - told);
  return { stock, unexplained, loads, moved, residues, total: told + unexplained };
}

/** Batches after those they came of. A batch that comes of itself in a circle is reached once; the rest is `beyond_limits`. */
function inOrder(rootIds: readonly string[], { batches }: FateGraph): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const stack = [...rootIds].reverse().map((id) => ({ id, next: 0 }));
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const edges = batches.get(top.id)?.edges;
    if (!edges || (top.next === 0 && seen.has(top.id))) {
      stack.pop();
      continue;
    }
    seen.add(top.id);
    const edge = edges[top.next];
    top.next += 1;
    if (edge === undefined) {
      stack.pop();
      order.push(top.id);
    } else if (!seen.has(edge.toId)) stack.push({ id: edge.toId, next: 0 });
  }
  return order.reverse();
}

function partsOf({ parts }: Walk, residueOf: string | null, grams: number): FatePart[] {
  const own = [...parts.values()].filter((part) => part.residueOf === residueOf);
  const amounts = own.map((part) => part.grams);
  const [byGram, byPermille] = [shareOut(amounts, grams), shareOut(amounts, 1_000)];
  return own.map(({ name }, index) => ({ ...name, grams: byGram[index]!, permille: byPermille[index]! }));
}

/** over ÷ under, of whole numbers without limit. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}
const NOTHING: Fraction = { over: 0n, under: 1n };
const fraction = (grams: number): Fraction => ({ over: BigInt(grams), under: 1n });

const plus = (a: Fraction, b: Fraction): Fraction => reduced(a.over * b.under + b.over * a.under, a.under * b.under);
const times = ({ over, under }: Fraction, part: number, whole: number): Fraction =>
  part === 0 ? NOTHING : reduced(over * BigInt(part), under * BigInt(whole));

function reduced(over: bigint, under: bigint): Fraction {
  let [a, b] = [over, under];
  while (b !== 0n) [a, b] = [b, a % b];
  return { over: over / a, under: under / a };
}

const rounded = ({ over, under }: Fraction): number => Number((2n * over + under) / (2n * under));

/** A whole in proportion to fractions, in integers that add up to it (largest remainder). */
function shareOut(amounts: readonly Fraction[], whole: number): number[] {
  const { over, under } = amounts.reduce(plus, NOTHING);
  if (over === 0n) return amounts.map(() => 0);
  const exact = amounts.map((amount) => reduced(amount.over * under * BigInt(whole), amount.under * over));
  const shares = exact.map((share) => share.over / share.under);
  const rest = Number(BigInt(whole) - shares.reduce((sum, share) => sum + share, 0n));
  const remainder = (index: number) => exact[index]!.over - shares[index]! * exact[index]!.under;
  const first = amounts
    .map((_, index) => index)
    .sort((a, b) => {
      const [left, right] = [remainder(a) * exact[b]!.under, remainder(b) * exact[a]!.under];
      return left === right ? a - b : left > right ? -1 : 1;
    })
    .slice(0, rest);
  return shares.map((share, index) => Number(share) + (first.includes(index) ? 1 : 0));
}
