import { z } from 'zod';
import type { App, Services } from '../platform/http.ts';
import { Uuid } from '../platform/values.ts';
import { amendDelegation, DelegationBody, grantDelegation } from './delegations.ts';
import * as EXAMPLES from './examples.ts';
import { addEdits, addReads, type Reads, record, recordOf } from './register-routes.ts';
import { readDelegations } from './repository.ts';
import { DELEGABLE_ACTS } from './tables.ts';

const filter = { principalId: Uuid.optional(), agentId: Uuid.optional() };
const DELEGATIONS: Reads<typeof filter> = {
  path: 'delegations',
  resource: 'delegations',
  kind: 'delegation',
  title: 'delegation of acts to an agent 委托',
  view: z.object({
    ...record,
    principalId: Uuid,
    agentId: Uuid,
    siteIds: z.array(Uuid).readonly(),
    acts: z.array(z.enum(DELEGABLE_ACTS)).readonly(),
    validFrom: z.iso.date(),
    validTo: z.iso.date(),
    status: z.enum(['valid', 'revoked']),
  }),
  filter,
  read: readDelegations,
};

/** 委托: granted and revoked by the principal, seen by both. */
export function delegationRoutes(app: App, services: Services): void {
  addReads(app, services, DELEGATIONS);
  addEdits(app, services, {
    ...DELEGATIONS,
    body: DelegationBody,
    example: EXAMPLES.delegation,
    register: grantDelegation,
    amend: amendDelegation,
    input: recordOf,
  });
}
