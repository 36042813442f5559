import { z } from 'zod';
import { withRemarks } from '../catalogue/commands.ts';
import type { Reference, States, Warning } from '../platform/acts.ts';
import { type RegisterInput, registerActs } from '../platform/register.ts';
import { CivilDay, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { changesHands, hidden, type Owned, ownershipRefusal, readParty } from './commands.ts';
import { type Device, deviceKind, type Site, siteKind, type Vehicle, vehicleKind } from './registers.ts';
import { DEVICE_TYPES } from './tables.ts';

/** The register of what measures and watches: scales, gates, plate cameras, terminals in vehicles. */
export const DeviceBody = z.strictObject({
  partyId: Uuid,
  siteId: Uuid,
  type: z.enum(DEVICE_TYPES),
  serialNumber: z.string().trim().min(1).max(60),
  /** e of the scale (JJG 539). */
  scaleDivisionGrams: z.number().int().min(1).max(1_000_000).nullable().default(null),
  /** Last day of its metrological verification. */
  verifiedThrough: CivilDay.nullable().default(null),
  /** The vehicle of a vehicle terminal. */
  vehicleId: Uuid.nullable().default(null),
  active: z.boolean().default(true),
});
export type DeviceRecord = z.output<typeof DeviceBody>;

const deviceActs = registerActs<DeviceRecord, Device, Reference>(deviceKind, {
  reads: (record) => ({
    read: [
      ...readParty(record).read,
      { kind: 'site', id: record.siteId },
      ...(record.vehicleId === null ? [] : [{ kind: 'vehicle', id: record.vehicleId }]),
    ],
  }),
  check: (record, context) =>
    ownershipRefusal(record, context) ??
    changesHands(record, context.before) ??
    foreignSite(record, context.states.get(siteKind, record.siteId)) ??
    unfitVehicle(record, record.vehicleId === null ? undefined : context.states.get(vehicleKind, record.vehicleId)),
});
/** @refuses not-your-act (another's party), against-rule (party, a site of another party), already-exists (serial number). */
export const registerDevice = deviceActs.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendDevice = hidden(deviceKind, withRemarks(deviceActs.amend, movedWarnings));

function foreignSite(record: Owned & { readonly siteId: string }, site: Site | undefined): Refusal | undefined {
  if (site && site.partyId === record.partyId) return undefined;
  return against(
    '/siteId',
    `单位 ${record.partyId} 没有场所 ${record.siteId}；设备须位于本单位的场所。`,
    `Party ${record.partyId} has no site ${record.siteId}; a device stands at a site of its own party.`,
  );
}

/** A terminal speaks for one vehicle of its own party, and nothing else is built into one. Pure. */
function unfitVehicle(record: DeviceRecord, vehicle: Vehicle | undefined): Refusal | undefined {
  if (record.type !== 'vehicle_terminal')
    return record.vehicleId === null
      ? undefined
      : against('/vehicleId', '只有车载终端有所属车辆。', 'Only a vehicle terminal has a vehicle.');
  if (vehicle?.partyId === record.partyId) return undefined;
  return against(
    '/vehicleId',
    '车载终端须写明本单位的一辆登记车辆。',
    'A vehicle terminal names the registered vehicle of its own party that it is built into.',
  );
}

/** Keys are bound to the site they were granted for, so that no later edit widens what a key may do. */
function movedWarnings({ id, record }: RegisterInput<DeviceRecord>, states: States): readonly Warning[] {
  const before = states.get(deviceKind, id!);
  if (!before || before.siteId === record.siteId) return [];
  return [
    {
      code: 'device-keys-keep-site',
      pointer: '/siteId',
      detail: {
        zh: `此设备已有的密钥仍绑定原场所 ${before.siteId}；请吊销后重新发放。`,
        en: `Keys this device has stay bound to site ${before.siteId}; revoke them and grant new ones.`,
      },
    },
  ];
}
