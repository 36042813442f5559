import { registerKind } from '../platform/register.ts';
import type { Refusal } from '../problems.ts';
import { permits } from './tables.ts';

/** Licences, plans, approvals, white lists, contracts: everything that allows something to somebody, up to an amount, for a time. */
const EXISTS = 'A permit of this type with this number is registered already.';

const exists: Refusal = {
  problem: 'already-exists',
  detail: { zh: '该类型下此编号的许可已登记。', en: EXISTS },
  errors: [{ pointer: '/number', detail: EXISTS }],
};

export const permitKind = registerKind(
  'permit',
  permits,
  { permits_number: exists, permits_holder_number: exists },
  { areas: [], excludedCodes: [], capVolume: null },
);

export type Permit = NonNullable<Parameters<typeof permitKind.evolve>[0]>;
