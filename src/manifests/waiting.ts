/**
 * What a manifest is to carry and has lain there for longer than it may: said when it is filed, so that whoever files it hears of it before
 * the rules `storage_over_hours` and `storage_over_limit` ask. MW 17; the terms are those of the place, the stream and the day. Pure.
 */
import { addDays, dayInShanghai, endOfDayInShanghai, minuteInShanghai } from '../catalogue/calendar.ts';
import type { Policy } from '../catalogue/policies.ts';
import type { PolicyBook, PolicyPlace } from '../catalogue/reference.ts';
import { runsFor } from '../catalogue/waste-codes.ts';
import { takeFrom } from '../custody/ledger.ts';
import type { StockBalance } from '../custody/repository.ts';
import type { Warning } from '../platform/acts.ts';
import type { Manifest } from './manifest.ts';
import type { Line } from './tables.ts';

interface Waiting {
  readonly since: Date;
  readonly dueAt: Date;
  readonly basis: Policy<'storage-hours'>['basis'];
}

/** One warning a line, of what has waited longest beyond its term; a remainder lies in no stock. */
export function waitingWarnings(
  manifest: Manifest,
  stockOf: (wasteCode: string) => readonly StockBalance[],
  now: Date,
  reference: PolicyBook,
): Warning[] {
  if (manifest.followsId) return [];
  return manifest.lines.flatMap((line) => {
    const late = toBeLoaded(line, stockOf(line.wasteCode))
      .flatMap((batch) => termsOf(batch, line.wasteCode, manifest, reference))
      .filter(({ dueAt }) => now >= dueAt)
      .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    return late[0] ? [waitsTooLong(line.line, late[0])] : [];
  });
}

/** Those that are named, else the oldest. */
function toBeLoaded(
  { namedBatches, declaredGrams, declaredPieces }: Line,
  stock: readonly StockBalance[],
): StockBalance[] {
  const taken = takeFrom(stock, namedBatches, declaredGrams, declaredPieces);
  return stock.filter(({ batchId }) => taken.some((part) => part.batchId === batchId));
}

/** What was received lies with an operator, what came into being with its producer. Where a term begins anew in a hub, the rule knows since when. */
function termsOf(
  { origin, formedAt, keptSince }: StockBalance,
  wasteCode: string,
  { originRegion: region, stream, source }: Manifest,
  reference: PolicyBook,
): Waiting[] {
  const place: PolicyPlace = { region, stream, day: dayInShanghai(formedAt) };
  const days = reference.policyIf(origin === 'received' ? 'operator-storage-days' : 'producer-storage-days', place);
  const hours = origin === 'received' ? undefined : reference.policyIf('storage-hours', place);
  const inHub = hours?.value.restartsAtHub === true && source !== null;
  return [
    ...(days
      ? [{ since: formedAt, dueAt: endOfDayInShanghai(addDays(place.day, days.value)), basis: days.basis }]
      : []),
    ...(hours && !inHub && runsFor(hours.value, wasteCode)
      ? [{ since: keptSince, dueAt: new Date(keptSince.getTime() + hours.value.hours * HOUR_MS), basis: hours.basis }]
      : []),
  ];
}

const HOUR_MS = 3_600_000;

const waitsTooLong = (line: number, { since, dueAt, basis }: Waiting): Warning => ({
  code: 'stored-too-long',
  pointer: `/lines/${line - 1}`,
  basis: `${basis.instrument} ${basis.article}`,
  detail: {
    zh: `第 ${line} 行：所取批次自 ${minuteInShanghai(since)} 起贮存，应于 ${minuteInShanghai(dueAt)} 前移出，已超过期限；请尽快装运。`,
    en: `Line ${line}: what it takes has been kept since ${minuteInShanghai(since)} and was to leave by ${minuteInShanghai(dueAt)}; load it as soon as you can.`,
  },
});
