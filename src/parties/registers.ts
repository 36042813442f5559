import { registerKind } from '../platform/register.ts';
import type { Refusal } from '../problems.ts';
import { apiKeys, delegations, designations, devices, parties, people, sites, vehicles } from './tables.ts';

/** The registers every other slice names its subjects from. */
const exists = (zh: string, en: string, pointer: string): Refusal => ({
  problem: 'already-exists',
  detail: { zh, en },
  errors: [{ pointer, detail: { zh, en } }],
});

export const partyKind = registerKind('party', parties, {
  parties_uscc: exists('该统一社会信用代码已登记。', 'This USCC is registered already.', '/uscc'),
});
export const siteKind = registerKind('site', sites, {}, { beds: null });
export const vehicleKind = registerKind(
  'vehicle',
  vehicles,
  { vehicles_plate: exists('该号牌已登记。', 'This plate is registered already.', '/plate') },
  { boxLitres: null },
);
export const personKind = registerKind('person', people);
export const deviceKind = registerKind(
  'device',
  devices,
  {
    devices_serial: exists(
      '该单位已登记此设备序列号。',
      'This organisation has registered that serial number already.',
      '/serialNumber',
    ),
  },
  { vehicleId: null },
);
export const apiKeyKind = registerKind('api_key', apiKeys);
export const delegationKind = registerKind('delegation', delegations);
export const designationKind = registerKind('designation', designations);

export type Party = NonNullable<Parameters<typeof partyKind.evolve>[0]>;
export type Site = NonNullable<Parameters<typeof siteKind.evolve>[0]>;
export type Vehicle = NonNullable<Parameters<typeof vehicleKind.evolve>[0]>;
export type Device = NonNullable<Parameters<typeof deviceKind.evolve>[0]>;
export type Delegation = NonNullable<Parameters<typeof delegationKind.evolve>[0]>;
export type Designation = NonNullable<Parameters<typeof designationKind.evolve>[0]>;
