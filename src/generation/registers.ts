import { z } from 'zod';
import { mayEdit } from '../parties/commands.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import type { Facts, Reference, States } from '../platform/acts.ts';
import { registerActs, registerKind } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import type { StateOf } from '../platform/subjects.ts';
import { CivilDay, Grams, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { STORE_TYPES, stores, TEMPERATURES, tenancies } from './tables.ts';

/** Registers of a site: its stores, and who keeps waste of its own there. The site's party and administrators edit them. */
export const storeKind = registerKind(
  'store',
  stores,
  {
    stores_code: {
      problem: 'already-exists',
      detail: { zh: '该场所已有此编码的贮存设施。', en: 'This site has a store of that code already.' },
      errors: [{ pointer: '/code', detail: { zh: '同一场所内不得重复', en: 'unique for the site' } }],
    },
  },
  { temperature: null },
);
export type Store = StateOf<typeof stores>;
export const tenancyKind = registerKind('tenancy', tenancies);
type Tenancy = StateOf<typeof tenancies>;

export const StoreBody = z.strictObject({
  siteId: Uuid,
  /** 贮存设施编码, as in the discharge permit. */
  code: z
    .string()
    .trim()
    .regex(
      /^[A-Z]{2}\d{3,5}$/,
      inBoth('两个大写字母加三至五位数字，如 TS001', 'two capital letters and three to five digits, such as TS001'),
    ),
  type: z.enum(STORE_TYPES),
  name: ShortText.nullable().default(null),
  capacityGrams: Grams.min(1).nullable().default(null),
  /** 集中暂存: tenants keep their waste here too. */
  shared: z.boolean().default(false),
  /** 贮存温度: below 5 °C is `cold`; `cold_remote` in a remote area and disinfected besides. */
  temperature: z.enum(TEMPERATURES).nullable().default(null),
  active: z.boolean().default(true),
});
type StoreRecord = z.output<typeof StoreBody>;

export const TenancyBody = z.strictObject({
  siteId: Uuid,
  /** One store; null for every shared store of the site. */
  storeId: Uuid.nullable().default(null),
  tenantId: Uuid,
  validFrom: CivilDay,
  validTo: CivilDay.nullable().default(null).describe('First day on which it no longer holds'),
});
type TenancyRecord = z.output<typeof TenancyBody>;

const storeActs = registerActs<StoreRecord, Store, Reference>(storeKind, {
  reads: (record) => ({ read: [{ kind: 'site', id: record.siteId }] }),
  check: (record, { before, states, facts }) =>
    siteRefusal(record.siteId, before?.siteId, states, facts) ??
    (before && before.siteId !== record.siteId ? STAYS : undefined),
});
/** @refuses against-rule (no such site), not-your-act (another's site), already-exists (code). */
export const registerStore = storeActs.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendStore = storeActs.amend;

const tenancyActs = registerActs<TenancyRecord, Tenancy, Reference>(tenancyKind, {
  reads: ({ siteId, storeId, tenantId }) => ({
    read: [
      { kind: 'site', id: siteId },
      { kind: 'party', id: tenantId },
      ...(storeId === null ? [] : [{ kind: 'store', id: storeId }]),
    ],
  }),
  check: (record, { before, states, facts }) =>
    siteRefusal(record.siteId, before?.siteId, states, facts) ?? tenancyRefusal(record, before, states),
});
/** @refuses against-rule (site, tenant, store, days), not-your-act (another's site). */
export const registerTenancy = tenancyActs.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendTenancy = tenancyActs.amend;

function siteRefusal(
  siteId: string,
  before: string | undefined,
  states: States,
  { caller }: Facts,
): Refusal | undefined {
  const site = states.get(siteKind, siteId);
  if (!site) return against('/siteId', `没有场所 ${siteId}。`, `There is no site ${siteId}.`);
  if (before !== undefined && before !== siteId) return STAYS;
  if (mayEdit({ partyId: site.partyId, id: site.id }, caller)) return undefined;
  return {
    problem: 'not-your-act',
    detail: {
      zh: '贮存设施和集中暂存单位由场所所属单位登记。',
      en: 'Stores and tenants are registered by the party of the site.',
    },
    errors: [{ pointer: '/siteId', detail: { zh: '贵单位的场所', en: 'a site of yours' } }],
  };
}

function tenancyRefusal(record: TenancyRecord, before: Tenancy | undefined, states: States): Refusal | undefined {
  const { tenantId, storeId, siteId, validFrom, validTo } = record;
  const tenant = states.get(partyKind, tenantId);
  if (!tenant?.active)
    return against('/tenantId', `没有在用的单位 ${tenantId}。`, `There is no active party ${tenantId}.`);
  if (states.get(siteKind, siteId)!.partyId === tenantId)
    return against('/tenantId', '场所所属单位无需登记。', 'The party of the site needs no tenancy.');
  if (before && before.tenantId !== tenantId)
    return against('/tenantId', '不能改为其他单位；请另行登记。', 'It cannot pass to another party; enter it anew.');
  const store = storeId === null ? undefined : states.get(storeKind, storeId);
  if (storeId !== null && (store?.siteId !== siteId || !store.shared))
    return against('/storeId', `该场所没有集中暂存设施 ${storeId}。`, `The site has no shared store ${storeId}.`);
  if (validTo === null || validFrom < validTo) return undefined;
  return against('/validTo', 'validTo 须晚于 validFrom。', 'validTo must be after validFrom.');
}

const STAYS: Refusal = against(
  '/siteId',
  '不能改到其他场所；请另行登记。',
  'It cannot move to another site; enter it anew.',
);
