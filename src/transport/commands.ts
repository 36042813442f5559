import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { type Device, deviceKind, type Site, siteKind } from '../parties/registers.ts';
import { type Act, refused, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Grams, Instant, TypedNumber, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { clockRemarks } from './device-remarks.ts';
import { onTripLookup, standingLookup } from './queries.ts';
import { WEIGHING_PURPOSES, weighTickets } from './tables.ts';

/** 过磅单: what a scale said. An observation of its own, whatever the manifest says (TM 10(3)). */
export type WeighTicket = StateOf<typeof weighTickets>;

export const WeighTicketBody = z
  .strictObject({
    ticketNumber: TypedNumber.min(1).max(64),
    siteId: Uuid,
    purpose: z.enum(WEIGHING_PURPOSES),
    plate: z.string().min(1).max(20).optional(),
    grossGrams: Grams.min(1),
    tareGrams: Grams,
    /** e of the scale, when no registered device weighed. */
    scaleDivisionGrams: z.number().int().min(1).max(1_000_000).optional(),
    manifestId: Uuid.optional(),
    /** The whole vehicle was weighed: the trip whose loads it carried. */
    tripId: Uuid.optional(),
    occurredAt: Instant,
    entryMode: z.enum(ENTRY_MODES).default('live'),
  })
  .refine((ticket) => ticket.grossGrams > ticket.tareGrams, {
    path: ['tareGrams'],
    error: inBoth('皮重 tareGrams 须小于毛重 grossGrams', 'tareGrams must be below grossGrams'),
  })
  .refine((ticket) => !(ticket.manifestId && ticket.tripId), {
    path: ['tripId'],
    error: inBoth('一张磅单只对应一份联单或一个车次', 'a ticket weighs one manifest or a whole trip'),
  });

/** Tickets from before there were trips name none. */
const NO_TRIP: { readonly tripId?: string | null } = { tripId: null };

export type WeighTicketInput = z.output<typeof WeighTicketBody>;

export const weighTicketKind = subjectKind({
  name: 'weigh_ticket',
  rank: RANKS.fact,
  table: weighTickets,
  evolve: (_state, event): WeighTicket => ({
    ...NO_TRIP,
    ...(event.data.ticket as unknown as Omit<WeighTicket, 'id' | 'weighedAt'>),
    id: event.subject.id,
    weighedAt: event.occurredAt,
  }),
  conflicts: {
    weigh_tickets_number: {
      problem: 'already-exists',
      detail: {
        zh: '该场所已有同号过磅单；过磅单登记后不再改动。原单抄错的，请按原始记录以另一单号（如原单号加 A）再登记一张，两张都保留。',
        en: 'This site has a ticket of that number already, and a ticket stays as it was told. If that one was copied wrongly, record the right one under a number of its own, such as the same with an A; both are kept.',
      },
      errors: [{ pointer: '/ticketNumber', detail: { zh: '同一场所内不得重复', en: 'unique for the site' } }],
    },
  },
});

/** A device key weighs for its own site; a carrier's driver may weigh anywhere, a party at its own sites. */
export const recordWeighTicket: Act<WeighTicketInput, PolicyBook> = {
  name: 'record_weigh_ticket',
  kind: 'physical',
  needs: (input, facts) => ({
    read: [
      { kind: 'site', id: input.siteId },
      ...(facts.caller.actor.device ? [{ kind: 'device', id: facts.caller.actor.device }] : []),
    ],
    lookups: [
      ...(input.manifestId ? [{ lookup: standingLookup, key: input.manifestId }] : []),
      ...(input.tripId ? [{ lookup: onTripLookup, key: input.tripId }] : []),
    ],
  }),
  decide(input, states, facts) {
    const site = states.get(siteKind, input.siteId);
    const device = facts.caller.actor.device ? states.get(deviceKind, facts.caller.actor.device) : undefined;
    const refusal = mayWeighAt(site, device, input, facts);
    if (refusal) return refused(refusal);
    if (
      input.manifestId &&
      !states.found(standingLookup, input.manifestId)?.partyIds.includes(facts.caller.actor.party)
    ) {
      return refused({
        ...notFound('manifest', input.manifestId),
        errors: [{ pointer: '/manifestId', detail: { zh: '贵单位参与的联单', en: 'a manifest you stand on' } }],
      });
    }
    if (input.tripId && !states.found(onTripLookup, input.tripId).includes(facts.caller.actor.party)) {
      return refused({
        ...notFound('trip', input.tripId),
        errors: [
          {
            pointer: '/tripId',
            detail: {
              zh: '运有贵单位所参与联单货物的车次',
              en: 'a trip that carries a load of a manifest you stand on',
            },
          },
        ],
      });
    }
    const id = facts.newId();
    const { plate, warnings } = input.plate === undefined ? NO_PLATE : plateRemarks(input.plate);
    const ticket: Omit<WeighTicket, 'id' | 'weighedAt'> = {
      ticketNumber: input.ticketNumber,
      partyId: facts.caller.actor.party,
      siteId: input.siteId,
      deviceId: device?.id ?? null,
      purpose: input.purpose,
      plate,
      grossGrams: input.grossGrams,
      tareGrams: input.tareGrams,
      netGrams: input.grossGrams - input.tareGrams,
      scaleDivisionGrams: device?.scaleDivisionGrams ?? input.scaleDivisionGrams ?? null,
      manifestId: input.manifestId ?? null,
      tripId: input.tripId ?? null,
    };
    const event = {
      type: 'weigh_ticket_recorded',
      subject: { kind: 'weigh_ticket', id },
      occurredAt: new Date(input.occurredAt),
      region: site!.region,
      entryMode: input.entryMode,
      refs: [input.siteId, ...(input.manifestId ? [input.manifestId] : []), ...(input.tripId ? [input.tripId] : [])],
      data: { ticket },
    };
    return {
      events: [event],
      answer: { id, netGrams: ticket.netGrams },
      warnings: [
        ...warnings,
        ...scaleWarnings(device, facts),
        ...slightWarnings(ticket),
        ...clockRemarks(device, input, site!.region, facts),
      ],
      status: 201,
    };
  },
};

function mayWeighAt(
  site: Site | undefined,
  device: Device | undefined,
  input: WeighTicketInput,
  facts: Facts,
): Refusal | undefined {
  if (!site) return notFound('site', input.siteId);
  const bound = facts.caller.site;
  const own = facts.caller.role === 'driver' || site.partyId === facts.caller.actor.party;
  if ((device ? device.siteId === site.id : own) && (!bound || bound === site.id)) return undefined;
  return {
    problem: 'not-your-act',
    detail: {
      zh: '只能为本单位（设备所在）场所登记过磅单。',
      en: "Tickets are recorded for one's own sites, and by a device for the site it stands at.",
    },
    errors: [{ pointer: '/siteId', detail: { zh: '贵单位的场所', en: 'a site of yours' } }],
  };
}

/** What has a plate weighs more than this when it is empty (ours). */
const VEHICLE_GRAMS_MIN = 500_000;

/** Less than one division of the scale, or than any vehicle: most likely kilograms, told as grams. */
function slightWarnings({ grossGrams, scaleDivisionGrams, plate }: Omit<WeighTicket, 'id' | 'weighedAt'>): Warning[] {
  const leastGrams = Math.max(scaleDivisionGrams ?? 0, plate === null ? 0 : VEHICLE_GRAMS_MIN);
  if (grossGrams >= leastGrams) return [];
  const detail = {
    zh: `毛重 ${grossGrams} 克，少于该衡器或有号牌的车辆至少应有的 ${leastGrams} 克；请核对单位（克）。`,
    en: `A gross mass of ${grossGrams} g is below the ${leastGrams} g that this scale, or a vehicle with a plate, shows at least; check the unit (grams).`,
  };
  return [{ code: 'gross-too-small', pointer: '/grossGrams', basis: 'JJG 539', detail }];
}

const NO_PLATE = { plate: null, warnings: [] };

/** By the day in Shanghai, on which the certificate ends. */
function scaleWarnings(device: Device | undefined, facts: Facts): Warning[] {
  if (!device?.verifiedThrough || device.verifiedThrough >= dayInShanghai(facts.now)) return [];
  const detail = {
    zh: `衡器检定有效期至 ${device.verifiedThrough}。`,
    en: `The scale's verification ended on ${device.verifiedThrough}.`,
  };
  return [{ code: 'scale-verification-expired', basis: 'JJG 539', detail }];
}
