import { z } from 'zod';
import { checkPlate } from '../catalogue/identifiers.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { type Device, deviceKind, type Site, siteKind } from '../parties/registers.ts';
import { type Act, type Caller, type JobDraft, refused, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type RecordedEvent } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Instant, TypedNumber, Uuid } from '../platform/values.ts';
import type { Refusal } from '../problems.ts';
import { clockRemarks } from './device-remarks.ts';
import { numberedLookup, type Standing, standingLookup } from './queries.ts';
import { GATE_DIRECTIONS, gatePasses } from './tables.ts';

/**
 * 门岗过车: the gate of a site saw a vehicle go out or come in. The exit of a building site and the entry of the place that takes
 * its waste are two of the three proofs of a journey (两点一线); one plate passes many times a day, and no two passes are one
 * because they share plate and date.
 */
export type GatePass = StateOf<typeof gatePasses>;

const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, inBoth('SHA-256，64 位小写十六进制', 'SHA-256, 64 hexadecimal digits in small letters'));
export const DeviceSequence = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const GatePassBody = z
  .strictObject({
    siteId: Uuid,
    direction: z.enum(GATE_DIRECTIONS),
    plate: z.string().min(1).max(20),
    occurredAt: Instant,
    manifestId: Uuid.optional(),
    /** As scanned off the driver's screen or paper. */
    manifestNumber: TypedNumber.min(1).max(40).optional(),
    volumeLitres: z.number().int().min(1).max(100_000).optional(),
    /** Of the photo the gate keeps. */
    photoHash: Sha256.optional(),
    /** The device's own count: sent again, the same report is answered as the first time. */
    deviceSequence: DeviceSequence.optional(),
    entryMode: z.enum(ENTRY_MODES).default('live'),
  })
  .refine((pass) => !(pass.manifestId && pass.manifestNumber), {
    path: ['manifestNumber'],
    error: inBoth('manifestId 与 manifestNumber 只填一个', 'a pass names its manifest by id or by number, not by both'),
  });
export type GatePassInput = z.output<typeof GatePassBody>;

export const gatePassKind = subjectKind({
  name: 'gate_pass',
  rank: RANKS.fact,
  table: gatePasses,
  evolve: (_state, event): GatePass => ({
    ...(event.data.pass as unknown as Omit<GatePass, 'id' | 'passedAt'>),
    id: event.subject.id,
    passedAt: event.occurredAt,
  }),
  conflicts: {
    gate_passes_sequence: {
      problem: 'already-exists',
      detail: {
        zh: '该设备已用此序号上报过另一内容。',
        en: 'This device has reported something else under that sequence number.',
      },
      errors: [
        { pointer: '/deviceSequence', detail: { zh: '每次上报递增', en: 'one more with each report of the device' } },
      ],
    },
  },
});

/** A device counts its reports; that count is the key of the act. */
export const keyOfDevice = (
  { deviceSequence }: { readonly deviceSequence?: number | undefined },
  { actor }: Caller,
): string | undefined =>
  actor.device && deviceSequence !== undefined ? `device:${actor.device}:gate:${deviceSequence}` : undefined;

/**
 * By a gate's own key where it stands, or by whoever the site belongs to.
 * @refuses not-found (site; a manifest by id that the caller does not stand on), not-your-act (another's site; a device that is no gate).
 */
export const recordGatePass: Act<GatePassInput, PolicyBook> = {
  name: 'record_gate_pass',
  kind: 'physical',
  needs: (input, { caller }) => ({
    read: [
      { kind: 'site', id: input.siteId },
      ...(caller.actor.device ? [{ kind: 'device', id: caller.actor.device }] : []),
    ],
    lookups: [
      ...(input.manifestId ? [{ lookup: standingLookup, key: input.manifestId }] : []),
      ...(input.manifestNumber ? [{ lookup: numberedLookup, key: input.manifestNumber }] : []),
    ],
  }),
  decide(input, states, facts) {
    const { caller } = facts;
    const site = states.get(siteKind, input.siteId);
    const device = caller.actor.device ? states.get(deviceKind, caller.actor.device) : undefined;
    if (!site) return refused(notFound('site', input.siteId));
    if (!mayReport(site, device, caller)) return refused(NOT_YOUR_GATE);
    const told = input.manifestId ? states.found(standingLookup, input.manifestId) : undefined;
    const scanned = input.manifestNumber ? states.found(numberedLookup, input.manifestNumber) : undefined;
    const isOnIt = (told ?? scanned)?.partyIds.includes(caller.actor.party) ?? false;
    if (input.manifestId && !isOnIt)
      return refused({
        ...notFound('manifest', input.manifestId),
        errors: [{ pointer: '/manifestId', detail: { zh: '贵单位参与的联单', en: 'a manifest you stand on' } }],
      });
    const manifest = isOnIt ? (told ?? scanned) : undefined;
    const manifestId = manifest?.id ?? null;
    const { plate, warnings } = plateRemarks(input.plate);
    const pass: Omit<GatePass, 'id' | 'passedAt'> = {
      siteId: site.id,
      partyId: site.partyId,
      deviceId: device?.id ?? null,
      deviceSequence: device ? (input.deviceSequence ?? null) : null,
      direction: input.direction,
      plate,
      manifestId,
      manifestNumber: input.manifestNumber ?? null,
      volumeLitres: input.volumeLitres ?? null,
      photoHash: input.photoHash ?? null,
    };
    const id = facts.newId();
    const event = {
      type: 'gate_pass_recorded',
      subject: { kind: 'gate_pass', id },
      occurredAt: new Date(input.occurredAt),
      region: site.region,
      entryMode: input.entryMode,
      refs: [site.id, ...(manifestId ? [manifestId] : [])],
      data: { pass },
    };
    const unknown = input.manifestNumber && !isOnIt ? [unknownNumber(input.manifestNumber)] : [];
    return {
      events: [event],
      answer: { id, manifestId },
      warnings: [
        ...warnings,
        ...unknown,
        ...otherVehicle(plate, manifest),
        ...clockRemarks(device, input, site.region, facts),
      ],
      status: 201,
    };
  },
};

function mayReport(site: Site, device: Device | undefined, { actor, site: bound }: Caller): boolean {
  if (device) return device.type === 'gate' && device.siteId === site.id;
  return site.partyId === actor.party && (!bound || bound === site.id);
}

const NOT_YOUR_GATE: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '门岗过车由该场所的门岗设备（type: gate）或场所所属单位上报。',
    en: 'Passes are reported by a gate (a device of type gate) that stands at the site, or by the party of the site.',
  },
  errors: [
    { pointer: '/siteId', detail: { zh: '贵单位（门岗所在）的场所', en: 'a site of yours, where the gate stands' } },
  ],
};

/** What passed, passed: a number that says nothing to us stays as it was scanned. */
const unknownNumber = (number: string): Warning => ({
  code: 'manifest-number-unknown',
  pointer: '/manifestNumber',
  detail: {
    zh: `没有贵单位参与的联单 ${number}，已照录。`,
    en: `You stand on no manifest ${number}; it was recorded as scanned.`,
  },
});

/** Whose load is it then? Where the vehicle of a leg is not known yet, nobody can say. */
function otherVehicle(plate: string, manifest: Standing | undefined): Warning[] {
  if (!manifest || manifest.plates.some((one) => one === null || one === plate)) return [];
  const plates = [...new Set(manifest.plates)].join('、');
  return [
    {
      code: 'manifest-vehicle-other',
      pointer: '/plate',
      detail: {
        zh: `该联单的车辆为 ${plates}，过车号牌为 ${plate}；已照录，请核对联单或号牌。`,
        en: `The vehicle of that manifest is ${plates} and ${plate} passed; it was recorded, compare the manifest and the plate.`,
      },
    },
  ];
}

/** A pass may be the beginning or the end of a journey. What is no plate names no vehicle. */
export function journeysOfPass({ type, occurredAt, data }: RecordedEvent): readonly JobDraft[] {
  if (type !== 'gate_pass_recorded') return [];
  const { plate } = data.pass as unknown as GatePass;
  const at = occurredAt.toISOString();
  return checkPlate(plate).valid ? [{ job: 'observe_trips', payload: { plate, from: at, to: at } }] : [];
}
