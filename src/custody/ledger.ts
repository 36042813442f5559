import { LRUCache } from 'lru-cache';
import type { EventDraft, Json } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import { dried, dryPartOf } from './dry-parts.ts';

/**
 * The mass ledger: double entry in integer grams, pieces and dry grams. An event that moves mass says so in its
 * `movements`; postings, balances and the trace graph are derived from them and from nothing else. Pure.
 */

/** What an account holds mass as. */
export const ACCOUNT_ROLES = [
  'generated',
  'stock',
  'in_transit',
  'consignee_hold',
  'incident_hold',
  'treated',
  'product',
  'loss',
  'additive',
  'weighing_difference',
  'refused_return',
  'adjustment',
] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** How a batch came into being. */
export const BATCH_ORIGINS = ['generated', 'received', 'residue'] as const;
export type BatchOrigin = (typeof BATCH_ORIGINS)[number];

/** [role, party, site, owner]: with a waste code, an account. A carrier's load has no site. */
export type Place = readonly [role: AccountRole, party: string, site: string | null, owner: string];

/** So much of one batch went from one place to another, where it may lie in another batch. */
export interface Movement {
  readonly wasteCode: string;
  readonly from: Place;
  readonly to: Place;
  readonly fromBatch: string;
  readonly toBatch: string;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
  readonly line?: number;
  /** The trip whose own difference this is, and no line's. */
  readonly trip?: string;
}

export interface Account {
  readonly id: string;
  readonly role: AccountRole;
  readonly partyId: string;
  readonly siteId: string | null;
  readonly wasteCode: string;
  readonly ownerId: string;
}

export interface Posting {
  readonly account: Account;
  readonly batchId: string;
  readonly line: number | null;
  readonly tripId: string | null;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
}

export function accountOf(place: Place, wasteCode: string): Account {
  const name = `account ${place[0]} ${place[1]} ${place[2] ?? '-'} ${wasteCode} ${place[3]}`;
  const known = accounts.get(name);
  if (known) return known;
  const account = newAccount(place, wasteCode, name);
  accounts.set(name, account);
  return account;
}

/** The same few accounts are named again and again; their ids are hashes. */
const accounts = new LRUCache<string, Account>({ max: 50_000 });

function newAccount([role, partyId, siteId, ownerId]: Place, wasteCode: string, name: string): Account {
  return {
    id: namedUuid(name),
    role,
    partyId,
    siteId,
    wasteCode,
    ownerId,
  };
}

/** As an event says it: without what goes without saying, for every event is kept for ever. */
type Said = Omit<Movement, 'from' | 'to' | 'toBatch' | 'pieces' | 'dryGrams'> & {
  readonly from: SaidPlace;
  readonly to: SaidPlace;
  /** Absent: it stays the same batch. */
  readonly toBatch?: string;
  readonly pieces?: number;
  readonly dryGrams?: number;
};
/** Without an owner when that is the party. */
type SaidPlace = Place | readonly [role: AccountRole, party: string, site: string | null];

/** Movements as event data. Zero movements are left out. */
export function movementsData(movements: readonly Movement[]): { movements: Json } {
  const moved = movements.filter(({ grams, pieces, dryGrams }) => grams !== 0 || pieces !== 0 || dryGrams !== 0);
  return { movements: moved.map(say) as unknown as Json };
}

function say({ from, to, toBatch, pieces, dryGrams, ...movement }: Movement): Said {
  return {
    ...movement,
    from: sayPlace(from),
    to: sayPlace(to),
    ...(toBatch === movement.fromBatch ? {} : { toBatch }),
    ...(pieces === 0 ? {} : { pieces }),
    ...(dryGrams === 0 ? {} : { dryGrams }),
  };
}

const sayPlace = ([role, party, site, owner]: Place): SaidPlace =>
  owner === party ? [role, party, site] : [role, party, site, owner];
const readPlace = ([role, party, site, owner]: SaidPlace): Place => [role, party, site, owner ?? party];

export const movementsOf = (event: { readonly data: EventDraft['data'] }): readonly Movement[] =>
  ((event.data.movements ?? []) as unknown as readonly Said[]).map((said) => ({
    ...said,
    from: readPlace(said.from),
    to: readPlace(said.to),
    toBatch: said.toBatch ?? said.fromBatch,
    pieces: said.pieces ?? 0,
    dryGrams: said.dryGrams ?? 0,
  }));

/** Two postings a movement; their sum is zero in every dimension. */
export function postingsOf(event: { readonly data: EventDraft['data'] }): readonly Posting[] {
  return movementsOf(event).flatMap((movement) => {
    const { wasteCode, grams, pieces, dryGrams } = movement;
    const line = movement.line ?? null;
    const tripId = movement.trip ?? null;
    return [
      {
        account: accountOf(movement.from, wasteCode),
        batchId: movement.fromBatch,
        line,
        tripId,
        grams: -grams,
        pieces: -pieces,
        dryGrams: -dryGrams,
      },
      { account: accountOf(movement.to, wasteCode), batchId: movement.toBatch, line, tripId, grams, pieces, dryGrams },
    ];
  });
}

/** Batches a movement touches besides the event's own subject. */
export const batchesIn = (movements: readonly Movement[]): string[] => [
  ...new Set(movements.flatMap(({ fromBatch, toBatch }) => [fromBatch, toBatch])),
];

export interface StockedBatch {
  readonly batchId: string;
  readonly grams: number;
  readonly pieces: number;
  /** Absent: none is measured of it. */
  readonly dryGrams?: number | undefined;
}

export interface Taken extends StockedBatch {
  readonly inferred: boolean;
}

/**
 * Which batches a load came from: the named ones, else the oldest, in the order given. The last one gives what is
 * missing and its balance goes below zero: that is evidence, not an error. Empty only when nothing is known at all.
 */
export function takeFrom(
  stock: readonly StockedBatch[],
  named: readonly string[],
  grams: number,
  pieces: number,
): Taken[] {
  const inferred = named.length === 0;
  const sources = inferred
    ? stock
    : named.map((batchId) => stock.find((batch) => batch.batchId === batchId) ?? { batchId, grams: 0, pieces: 0 });
  const taken: Taken[] = [];
  let gramsLeft = grams;
  let piecesLeft = pieces;
  for (const source of sources) {
    if (gramsLeft <= 0 && piecesLeft <= 0) break;
    const last = source === sources.at(-1);
    const gramsHere = last ? gramsLeft : Math.min(Math.max(source.grams, 0), gramsLeft);
    const piecesHere = last ? piecesLeft : Math.min(Math.max(source.pieces, 0), piecesLeft);
    if (gramsHere > 0 || piecesHere > 0)
      taken.push({
        ...{ batchId: source.batchId, grams: gramsHere, pieces: piecesHere, inferred },
        ...dried(dryPartOf(source, gramsHere)),
      });
    gramsLeft -= gramsHere;
    piecesLeft -= piecesHere;
  }
  return taken;
}

/** The same parts with so much dry mass between them, in proportion to what each weighs. */
export function withDry<Part extends StockedBatch>(parts: readonly Part[], dryGrams: number): Part[] {
  const shares = apportion(
    dryGrams,
    parts.map(({ grams }) => grams),
  );
  return parts.map(({ dryGrams: _, ...part }, index) => ({ ...part, ...dried(shares[index]!) }) as Part);
}

/**
 * What these movements would leave of the dry mass of batches whose last gram they take, or bring back to nothing: it is a weighing
 * difference. `leftOf` is what a batch had in its stock before; undefined for one that is not looked at.
 */
export function dryRests(
  movements: readonly Movement[],
  leftOf: (batchId: string) => { readonly grams: number; readonly dryGrams: number } | undefined,
): Movement[] {
  const sides = movements.flatMap(({ from, fromBatch, to, toBatch, grams, dryGrams, ...movement }) => [
    { ...movement, place: from, batchId: fromBatch, grams: -grams, dryGrams: -dryGrams },
    { ...movement, place: to, batchId: toBatch, grams, dryGrams },
  ]);
  const stocks = sides.filter(({ place: [role] }) => role === 'stock');
  return [...new Set(stocks.map(({ batchId }) => batchId))].flatMap((batchId): Movement[] => {
    const left = leftOf(batchId);
    const here = stocks.filter((side) => side.batchId === batchId);
    const sum = (of: 'grams' | 'dryGrams') => here.reduce((total, side) => total + side[of], left?.[of] ?? 0);
    if (!left || sum('grams') !== 0 || sum('dryGrams') === 0) return [];
    const { place, wasteCode, line } = here.at(-1)!;
    const to: Place = ['weighing_difference', place[1], place[2], place[3]];
    const whole = { grams: 0, pieces: 0, dryGrams: sum('dryGrams') };
    return [{ wasteCode, ...(line ? { line } : {}), from: place, to, fromBatch: batchId, toBatch: batchId, ...whole }];
  });
}

/**
 * Splits a whole over parts in proportion, in integers, so that the shares add up exactly (largest remainder).
 * @returns one share a part; all zero when there are no parts to weigh by.
 */
export function apportion(whole: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map((_, index) => (index === 0 ? whole : 0));
  const exact = weights.map((weight) => (BigInt(whole) * BigInt(weight)) / BigInt(total));
  const shares = exact.map(Number);
  let rest = whole - shares.reduce((sum, share) => sum + share, 0);
  const order = weights.map((weight, index) => ({
    index,
    remainder: (BigInt(whole) * BigInt(weight)) % BigInt(total),
  }));
  order.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of order) {
    if (rest <= 0) break;
    shares[index]! += 1;
    rest -= 1;
  }
  return shares;
}
