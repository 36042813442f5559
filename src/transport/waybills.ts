import { z } from 'zod';
import { addMonths, dayInShanghai } from '../catalogue/calendar.ts';
import { RegionCode } from '../catalogue/commands.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Audience } from '../parties/audience.ts';
import { driverRead, driverRemarks } from '../parties/drivers.ts';
import { partyKind, personKind } from '../parties/registers.ts';
import { type Act, refused, type States, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type Json } from '../platform/events.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Grams, Instant, TypedNumber, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { waybills } from './tables.ts';

/**
 * 危货运单: what the carrier wrote for the transport authorities about one journey of one vehicle (《危险货物道路运输安全管理办法》 24). It
 * travels with the manifest (TM 11(2)) and is another statement of the same load, to be held against it; it moves nothing.
 */
export type Waybill = StateOf<typeof waybills>;

const Goods = z.strictObject({
  unNumber: z
    .string()
    .regex(/^\d{4}$/, inBoth('UN 编号，四位数字，如 3082', 'the UN number, four digits, such as 3082')),
  hazardClass: z
    .string()
    .regex(/^[1-9](\.[1-6])?$/, inBoth('类别或项别，如 9 或 6.1', 'a class or division, such as 9 or 6.1')),
  packingGroup: z.enum(['I', 'II', 'III']).nullable().default(null),
  massGrams: Grams.min(1),
});

export const WaybillBody = z
  .strictObject({
    number: TypedNumber.min(1).max(64),
    plate: z.string().min(1).max(20),
    trailerPlate: z.string().min(1).max(20).optional(),
    driverId: Uuid.optional(),
    escortId: Uuid.optional(),
    goods: z.array(Goods).min(1).max(20),
    /** Counties on the planned way, in their order. */
    routeRegions: z.array(RegionCode).max(100).default([]),
    /** Manifests it was written for. */
    manifestNumbers: z.array(TypedNumber.min(1).max(40)).max(50).default([]),
    /** As planned. */
    departsAt: Instant,
    arrivesAt: Instant.optional(),
    entryMode: z.enum(ENTRY_MODES).default('live'),
  })
  .refine(({ departsAt, arrivesAt }) => !arrivesAt || Date.parse(departsAt) < Date.parse(arrivesAt), {
    path: ['arrivesAt'],
    error: inBoth('须晚于 departsAt', 'must be after departsAt'),
  });
export type WaybillInput = z.output<typeof WaybillBody>;

export const waybillKind = subjectKind({
  name: 'waybill',
  rank: RANKS.fact,
  table: waybills,
  evolve: (_state, event): Waybill => {
    const { departsAt, arrivesAt, ...waybill } = event.data.waybill as unknown as Told;
    return {
      ...waybill,
      id: event.subject.id,
      departsAt: new Date(departsAt),
      arrivesAt: arrivesAt === null ? null : new Date(arrivesAt),
    };
  },
  conflicts: {
    waybills_number: {
      problem: 'already-exists',
      detail: { zh: '贵单位已登记此运单号。', en: 'You have recorded a waybill of that number already.' },
      errors: [{ pointer: '/number', detail: { zh: '同一承运人内不得重复', en: 'unique for the carrier' } }],
    },
  },
});
type Told = Omit<Waybill, 'id' | 'departsAt' | 'arrivesAt'> & {
  readonly departsAt: string;
  readonly arrivesAt: string | null;
};

/** @refuses not-your-act (no carrier; a key bound to a site), already-exists (number). */
export const recordWaybill: Act<WaybillInput, PolicyBook> = {
  name: 'record_waybill',
  kind: 'paper',
  needs: (input, { caller }) => ({
    read: [
      { kind: 'party', id: caller.actor.party },
      ...driverRead(input),
      ...driverRead({ driverId: input.escortId }),
    ],
  }),
  decide(input, states, facts) {
    const carrier = states.get(partyKind, facts.caller.actor.party);
    if (!carrier?.capacities.includes('carrier') || facts.caller.site) return refused(NO_CARRIER);
    const { plate, warnings } = plateRemarks(input.plate);
    const trailer = input.trailerPlate === undefined ? undefined : plateRemarks(input.trailerPlate);
    const at = {
      region: carrier.region,
      stream: streamOfPolicy('waybill-retention-months'),
      day: dayInShanghai(facts.now),
    } as const;
    const told: Told = {
      carrierId: carrier.id,
      number: input.number,
      plate,
      trailerPlate: trailer?.plate ?? null,
      driverId: input.driverId ?? null,
      escortId: input.escortId ?? null,
      goods: input.goods,
      routeRegions: input.routeRegions,
      manifestNumbers: [...new Set(input.manifestNumbers)],
      departsAt: new Date(input.departsAt).toISOString(),
      arrivesAt: input.arrivesAt === undefined ? null : new Date(input.arrivesAt).toISOString(),
      keepUntil: addMonths(
        dayInShanghai(new Date(input.departsAt)),
        facts.reference.policy('waybill-retention-months', at).value,
      ),
    };
    const id = facts.newId();
    const event = {
      type: 'waybill_recorded',
      subject: { kind: 'waybill', id },
      occurredAt: facts.now,
      region: carrier.region,
      entryMode: input.entryMode,
      data: { waybill: told as unknown as Json },
    };
    return {
      events: [event],
      answer: { id, keepUntil: told.keepUntil },
      warnings: [
        ...warnings,
        ...(trailer?.warnings ?? []).map((warning) => ({ ...warning, pointer: '/trailerPlate' })),
        ...driverRemarks(input, carrier.id, states),
        ...escortRemarks(input.escortId, carrier.id, states),
      ],
      status: 201,
    };
  },
};

const NO_CARRIER: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '危货运单由承运人（capacities 含 carrier）登记，且密钥不限于一个场所。',
    en: 'A waybill is recorded by its carrier (carrier among its capacities), with a key that is not bound to one site.',
  },
  basis: 'TM 11(2)',
};

function escortRemarks(escortId: string | undefined, carrierId: string, states: States): Warning[] {
  const person = escortId === undefined ? undefined : states.get(personKind, escortId);
  if (escortId === undefined || (person?.partyId === carrierId && person.duties.includes('escort'))) return [];
  const detail = {
    zh: `押运员 ${escortId} 不是承运人登记的押运人员，已照录。`,
    en: `The escort ${escortId} is no escort on the carrier's register; recorded as given.`,
  };
  return [{ code: 'escort-unknown', pointer: '/escortId', basis: 'TM 11(2)', detail }];
}

/** Its carrier's, and the regulators' of the counties it leads through. */
export const audienceOfWaybill = ({ carrierId, routeRegions }: Waybill): Audience => ({
  stage: 'open',
  partyIds: [carrierId],
  regions: routeRegions,
  stream: 'hazardous',
});
