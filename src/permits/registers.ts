import { registerKind } from '../platform/register.ts';
import { permits } from './tables.ts';

/** Licences, plans, approvals, white lists: everything that allows something to somebody, up to an amount, for a time. */
const EXISTS = 'A permit of this type with this number is registered already.';

export const permitKind = registerKind('permit', permits, {
  permits_number: {
    problem: 'already-exists',
    detail: { zh: '该类型下此编号的许可已登记。', en: EXISTS },
    errors: [{ pointer: '/number', detail: EXISTS }],
  },
});

export type Permit = NonNullable<Parameters<typeof permitKind.evolve>[0]>;
