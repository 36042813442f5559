/**
 * 医疗废物运送登记卡: what a visit to an institution says to both sides, derived from its manifest and the events of it. One
 * manifest, one card; no event and no table of its own. 医疗废物管理条例 12. Pure.
 */
import { addMonths, dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { RecordedEvent } from '../platform/events.ts';
import type { Manifest } from './manifest.ts';
import type { Line } from './tables.ts';

/** Names of parties and sites, by id. */
export type Names = ReadonlyMap<string, string>;

export interface Hand {
  readonly at: string;
  readonly partyId: string;
  readonly personId: string | null;
}

/** Of a manifest that has been picked up. Never throws. */
export function cardOf(
  manifest: Manifest & { readonly pickedUpAt: Date },
  events: readonly RecordedEvent[],
  names: Names,
  book: PolicyBook,
) {
  const { consignorId, consignorSiteId, consigneeId, consigneeSiteId, originRegion: region, stream } = manifest;
  const day = dayInShanghai(manifest.pickedUpAt);
  const [leg] = manifest.legs;
  return {
    manifestId: manifest.id,
    number: manifest.number!,
    day,
    institution: {
      partyId: consignorId,
      name: names.get(consignorId)!,
      siteId: consignorSiteId,
      site: names.get(consignorSiteId)!,
    },
    lines: manifest.lines.map(cardLine),
    handedOver: handedOver(manifest, events),
    carrier: { partyId: leg!.carrierId, name: names.get(leg!.carrierId)!, driverId: leg!.driverId, plate: leg!.plate },
    arrivedAt: manifest.arrivedAt,
    receiver: {
      partyId: consigneeId,
      name: names.get(consigneeId)!,
      siteId: consigneeSiteId,
      site: names.get(consigneeSiteId)!,
    },
    received: handOf(events, 'receipt_recorded'),
    keptThrough: keptThrough(day, book, { region, stream, day }),
  };
}

/** 类别、重量、箱数: boxes are the containers that were scanned, else the pieces that were counted. */
function cardLine({
  line,
  wasteCode,
  name,
  pickedUpGrams,
  pickedUpPieces,
  containers,
  acceptedGrams,
  receivedPieces,
}: Line) {
  const boxes = containers.filter(({ batchId }) => batchId !== null).length;
  return {
    line,
    wasteCode,
    name,
    grams: pickedUpGrams,
    boxes: boxes || pickedUpPieces,
    acceptedGrams,
    receivedBoxes: receivedPieces,
  };
}

/** By the consignor itself, or by whoever typed its one-time code; null while neither has said so. */
function handedOver(manifest: Manifest & { readonly pickedUpAt: Date }, events: readonly RecordedEvent[]) {
  if (manifest.pickupConfirmedBy === 'code')
    return {
      at: manifest.pickedUpAt.toISOString(),
      partyId: manifest.consignorId,
      personId: null,
      by: 'code' as const,
    };
  const hand = handOf(events, 'pickup_confirmed');
  return hand && { ...hand, by: 'consignor' as const };
}

function handOf(events: readonly RecordedEvent[], type: string): Hand | null {
  const event = events.find((one) => one.type === type);
  if (!event) return null;
  return { at: event.occurredAt.toISOString(), partyId: event.actor.party, personId: event.actor.person ?? null };
}

/** The last day on which it must be there, by the place of the institution; null where no row says how long. */
function keptThrough(day: string, book: PolicyBook, at: Parameters<PolicyBook['policyIf']>[1]) {
  const row = book.policyIf('register-retention-years', at);
  if (!row) return null;
  const { instrument, article } = row.basis;
  return { day: addMonths(day, row.value * 12), years: row.value, basis: `${instrument} ${article}` };
}
