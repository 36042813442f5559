import { accountOf, type Place } from '../custody/ledger.ts';
import { delegationNeeds, mandateOf } from '../parties/delegations.ts';
import { type Site, siteKind } from '../parties/registers.ts';
import type { DelegableAct } from '../parties/tables.ts';
import type { Facts, Lookup, Needs, States } from '../platform/acts.ts';
import { notFound } from '../platform/register.ts';
import type { Refusal } from '../problems.ts';

/**
 * 集中暂存、分别管理: at one site several parties may keep waste. The site's party holds it, each owner has accounts of its own, so
 * that nothing is mixed in the books. Who may keep waste at another's site is a register with dates.
 */
export interface TenancyPeriod {
  readonly storeId: string | null;
  readonly validFrom: string;
  readonly validTo: string | null;
}

/** Key: `tenantKey`. A register, so not gated. */
export const tenantLookup: Lookup<readonly TenancyPeriod[]> = {
  name: 'tenancies',
  gated: false,
  sql: `select k.key, t.store_id, t.valid_from, t.valid_to from unnest($1::text[]) as k(key)
    join tenancies t on t.site_id = split_part(k.key, ' ', 1)::uuid and t.tenant_id = split_part(k.key, ' ', 2)::uuid`,
  read: (rows) =>
    rows.map(([, storeId, validFrom, validTo]) => ({
      storeId: storeId as string | null,
      validFrom: validFrom as string,
      validTo: validTo as string | null,
    })),
};

export const tenantKey = (siteId: string, partyId: string): string => `${siteId} ${partyId}`;

/** Does the party keep waste at the site on that day? Pure. */
export const isTenantOn = (periods: readonly TenancyPeriod[], day: string): boolean =>
  periodsOn(periods, day).length > 0;

export const periodsOn = (periods: readonly TenancyPeriod[], day: string): readonly TenancyPeriod[] =>
  periods.filter(({ validFrom, validTo }) => validFrom <= day && (validTo === null || day < validTo));

/** Where what an owner keeps at a site lies: the site's party holds it. A manifest of a tenant starts here. Pure. */
export const originPlaceOf = (site: Pick<Site, 'id' | 'partyId'>, ownerId: string): Place => [
  'stock',
  site.partyId,
  site.id,
  ownerId,
];

/** What comes into being at a site, for the caller or for a tenant the caller names. */
export interface AtSite {
  readonly siteId: string;
  readonly ownerId?: string | undefined;
}

/**
 * What is needed before the site is known: the ordinary case, one's own waste at one's own site, needs nothing more. The gate named
 * here is of an account that nobody has when the site is another's; the owner's is asked for in the second round.
 */
export const atSiteNeeds = (input: AtSite, wasteCode: string, { caller: { actor } }: Facts): Needs => ({
  read: [{ kind: 'site', id: input.siteId }],
  ...((input.ownerId ?? actor.party) === actor.party
    ? { sharedGates: [accountOf(originPlaceOf({ id: input.siteId, partyId: actor.party }, actor.party), wasteCode).id] }
    : {}),
});

/** The rest of it: who may be meant, whose tenancy and whose delegation that rests on, and the gates of their accounts. */
export function atSiteAlsoNeeds(input: AtSite, wasteCode: string, states: States, { caller }: Facts): Needs {
  const site = states.get(siteKind, input.siteId);
  if (!site) return {};
  const { party } = caller.actor;
  const owners = input.ownerId ? [input.ownerId] : [...new Set([party, site.partyId])];
  const tenants = owners.filter((owner) => owner !== site.partyId);
  if (site.partyId === party && tenants.length === 0) return {};
  const principals = owners.filter((owner) => owner !== party);
  return {
    sharedGates: owners.map((owner) => accountOf(originPlaceOf(site, owner), wasteCode).id),
    lookups: [
      ...tenants.map((owner) => ({ lookup: tenantLookup, key: tenantKey(site.id, owner) })),
      ...principals.flatMap((owner) => delegationNeeds(caller, owner).lookups ?? []),
    ],
  };
}

/**
 * Whose it is and where it lies. The site's party records for itself and books what it keeps for its tenants, a tenant for itself, an
 * agent for whoever let it: collectors record for the micro-producers they serve, and the waste and the duty stay the producer's.
 * @refuses not-found (a site that is none of these), not-your-act (a key of another site, a delegation that does not cover it),
 * against-rule (no tenant on that day).
 */
export function ownerAt(
  input: AtSite,
  { day, act }: { readonly day: string; readonly act: DelegableAct },
  states: States,
  facts: Facts,
): { readonly site: Site; readonly ownerId: string; readonly stock: Place } | { readonly refusal: Refusal } {
  const { actor, site: bound } = facts.caller;
  const site = states.get(siteKind, input.siteId);
  if (!site) return { refusal: notFound('site', input.siteId) };
  const periodsOf = (owner: string) =>
    owner === site.partyId ? [] : states.found(tenantLookup, tenantKey(site.id, owner));
  const speaksForItself = input.ownerId === undefined || input.ownerId === actor.party;
  const isTenant = site.partyId !== actor.party && speaksForItself && periodsOf(actor.party).length > 0;
  const ownerId = input.ownerId ?? (isTenant ? actor.party : site.partyId);
  if (site.partyId !== actor.party && ownerId === actor.party && !isTenant)
    return { refusal: notFound('site', input.siteId) };
  const keepsIt = site.partyId === actor.party && KEEPERS_ACTS.includes(act);
  if (!keepsIt && ownerId !== actor.party) {
    const mandate = mandateOf(states, facts, { partyId: ownerId, siteId: site.id, act });
    if ('problem' in mandate) return { refusal: mandate };
  }
  if (bound && bound !== site.id) return { refusal: otherSite };
  if (ownerId !== site.partyId && !isTenantOn(periodsOf(ownerId), day)) return { refusal: noTenant(ownerId, day) };
  return { site, ownerId, stock: originPlaceOf(site, ownerId) };
}

/** What a store's keeper writes down of its tenants' waste, unasked: its own registers. */
const KEEPERS_ACTS: readonly DelegableAct[] = ['generation', 'storage'];

/** Who the act was done for, when not for oneself. */
export const onBehalf = (ownerId: string, { caller }: Facts): { onBehalfOf?: string } =>
  ownerId === caller.actor.party ? {} : { onBehalfOf: ownerId };

export const otherSite: Refusal = {
  problem: 'not-your-act',
  detail: { zh: '此密钥只能为其绑定的场所办理。', en: 'This key acts only for the site it is bound to.' },
  errors: [{ pointer: '/siteId', detail: { zh: '密钥所绑定的场所', en: "the key's own site" } }],
};

const noTenant = (ownerId: string, day: string): Refusal => ({
  problem: 'against-rule',
  detail: {
    zh: `单位 ${ownerId} 在 ${day} 未登记为该场所的集中暂存单位。`,
    en: `Party ${ownerId} is no registered tenant of this site on ${day}.`,
  },
  errors: [
    { pointer: '/ownerId', detail: { zh: '集中暂存单位：POST /v1/tenancies', en: 'a tenant: POST /v1/tenancies' } },
  ],
});
