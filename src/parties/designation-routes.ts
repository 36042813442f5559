import { z } from 'zod';
import type { App, Services } from '../platform/http.ts';
import { BasisView, Uuid } from '../platform/values.ts';
import { amendDesignation, DesignationBody, designationInput, registerDesignation } from './designations.ts';
import * as EXAMPLES from './examples.ts';
import { addEdits, addReads, type Reads, record } from './register-routes.ts';
import { readDesignations } from './repository.ts';
import { DESIGNATION_TYPES } from './tables.ts';

const filter = { partyId: Uuid.optional(), siteId: Uuid.optional(), type: z.enum(DESIGNATION_TYPES).optional() };
const DESIGNATIONS: Reads<typeof filter> = {
  path: 'designations',
  resource: 'designations',
  kind: 'designation',
  title: 'designation of a unit by an authority 名录',
  view: z.object({
    ...record,
    type: z.enum(DESIGNATION_TYPES),
    partyId: Uuid,
    siteId: Uuid.nullable(),
    tag: z.string().nullable(),
    stream: z.string(),
    reason: z.string().nullable(),
    basis: BasisView.nullable(),
    validFrom: z.iso.date(),
    validTo: z.iso.date().nullable(),
  }),
  filter,
  read: readDesignations,
};

/** 重点单位 · 风险标签 · 应报单位 · 管理类别. */
export function designationRoutes(app: App, services: Services): void {
  addReads(app, services, DESIGNATIONS);
  addEdits(app, services, {
    ...DESIGNATIONS,
    body: DesignationBody,
    example: EXAMPLES.designation,
    register: registerDesignation,
    amend: amendDesignation,
    input: designationInput,
  });
}
