import type pg from 'pg';
import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { withRemarks } from '../catalogue/commands.ts';
import {
  type Act,
  type Caller,
  type Lookup,
  type Needs,
  type Reference,
  refused,
  type States,
} from '../platform/acts.ts';
import { notFound, type RegisterInput, registerActs } from '../platform/register.ts';
import { CivilDay, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { mayEdit, partyAbsent } from './commands.ts';
import { type Delegation, delegationKind, type Party, partyKind, siteKind } from './registers.ts';
import { DELEGABLE_ACT_NAMES, DELEGABLE_ACTS, type DelegableAct } from './tables.ts';

export { DELEGABLE_ACTS, type DelegableAct } from './tables.ts';

/**
 * 委托: a party (the principal) lets another (its agent) do named acts for named sites, for a time (《民法典》165: who, what,
 * how far, how long). Collectors draw up the manifests of the micro-producers they serve; the waste stays the
 * principal's, and so does the duty. What an agent does carries `onBehalfOf`.
 *
 * Validity is half-open, as everywhere: `validTo` is the first day on which it no longer holds. Judged by the day on which
 * something is recorded, not by the day it is said to have happened: what has ended gives no right any more.
 */
export const DELEGATION_BASIS = '《民法典》165、173';

export const DelegationBody = z.strictObject({
  principalId: Uuid,
  agentId: Uuid,
  /** The principal's sites it holds for; empty means all, those of the future too. */
  siteIds: z.array(Uuid).max(200).default([]),
  acts: z
    .array(z.enum(DELEGABLE_ACTS))
    .min(1)
    .transform((chosen) => DELEGABLE_ACTS.filter((act) => chosen.includes(act))),
  validFrom: CivilDay.describe('First day it holds'),
  validTo: CivilDay.describe('First day on which it no longer holds'),
  status: z.enum(['valid', 'revoked']).default('valid'),
});
export type DelegationRecord = z.output<typeof DelegationBody>;

const acts = registerActs<DelegationRecord, Delegation, Reference>(delegationKind, {
  reads: (record) => ({
    read: [
      { kind: 'party', id: record.principalId },
      { kind: 'party', id: record.agentId },
      ...record.siteIds.map((id) => ({ kind: 'site', id })),
    ],
  }),
  check: (record, { before, states, facts }) =>
    notTheirs(record, facts.caller) ??
    (before ? otherDelegation(record, before) : undefined) ??
    absentParty('/principalId', states.get(partyKind, record.principalId), record.principalId, before !== undefined) ??
    absentParty('/agentId', states.get(partyKind, record.agentId), record.agentId, before !== undefined) ??
    foreignSites(record, states) ??
    termsRefusal(record),
});

/** @refuses not-your-act (another's party, more than the key's site), against-rule (agent, sites, term). */
export const grantDelegation = withRemarks(acts.register, ({ record }, _states, { now }) =>
  pastRemarks(record, dayInShanghai(now)),
);

/**
 * Revokes, or narrows and prolongs what is valid.
 * @refuses as above, and not-found (unless principal or agent), version-mismatch, not-your-act (the agent's), wrong-status (revoked before).
 */
export const amendDelegation: Act<RegisterInput<DelegationRecord>, Reference> = {
  ...acts.amend,
  decide(input, states, facts) {
    const before = states.get(delegationKind, input.id!);
    if (!before) return acts.amend.decide(input, states, facts);
    const { actor, role, site } = facts.caller;
    const isTheirs = [before.principalId, before.agentId].includes(actor.party);
    const isHere = !site || before.siteIds.length === 0 || before.siteIds.includes(site);
    const isKnown = role === 'administrator' || (isTheirs && isHere);
    if (!isKnown) return refused(notFound(delegationKind.name, before.id));
    const refusal = notTheirs(before, facts.caller) ?? (before.status === 'revoked' ? REVOKED_BEFORE : undefined);
    return refusal ? refused(refusal) : acts.amend.decide(input, states, facts);
  },
};

/** The principal's own people decide; a key narrowed to one site grants for that site alone. Pure. */
function notTheirs(
  { principalId, siteIds }: Pick<Delegation, 'principalId' | 'siteIds'>,
  caller: Caller,
): Refusal | undefined {
  const sites = siteIds.length === 0 ? [null] : siteIds;
  if (sites.every((siteId) => mayEdit({ partyId: principalId, siteId }, caller))) return undefined;
  const isOwn = principalId === caller.actor.party;
  return {
    problem: 'not-your-act',
    detail: isOwn
      ? {
          zh: `您的密钥限于场所 ${caller.site}；只能就该场所委托。`,
          en: `Your key is bound to site ${caller.site}; it delegates for that site only.`,
        }
      : {
          zh: `委托由委托单位 ${principalId} 授予和撤销；您只能办理本单位的委托。`,
          en: `A delegation is the principal's (${principalId}) to grant and revoke; you may do so for your own party.`,
        },
    basis: DELEGATION_BASIS,
    errors: [
      isOwn
        ? { pointer: '/siteIds', detail: `["${caller.site}"]` }
        : { pointer: '/principalId', detail: { zh: '您密钥所属的单位', en: 'the party of your key' } },
    ],
  };
}

/** Another principal or agent is another delegation. */
function otherDelegation(record: DelegationRecord, before: Delegation): Refusal | undefined {
  const changed = (['principalId', 'agentId'] as const).find((key) => record[key] !== before[key]);
  if (!changed) return undefined;
  return against(
    `/${changed}`,
    `不能修改 ${changed}（现为 ${before[changed]}）；请撤销本委托，另行委托。`,
    `${changed} cannot be changed (it is ${before[changed]}); revoke this delegation and grant another.`,
  );
}

function absentParty(pointer: string, party: Party | undefined, id: string, isKnown: boolean): Refusal | undefined {
  const refusal = partyAbsent(party, id, isKnown);
  return refusal && { ...refusal, errors: [{ pointer, detail: refusal.detail.en }] };
}

function foreignSites({ principalId, siteIds }: DelegationRecord, states: States): Refusal | undefined {
  const index = siteIds.findIndex((id) => states.get(siteKind, id)?.partyId !== principalId);
  if (index < 0) return undefined;
  return against(
    `/siteIds/${index}`,
    `单位 ${principalId} 没有场所 ${siteIds[index]}；只能就委托单位自己的场所委托。`,
    `Party ${principalId} has no site ${siteIds[index]}; a delegation is for the principal's own sites.`,
  );
}

/** What is wrong with a delegation by itself. Pure. */
function termsRefusal({ principalId, agentId, validFrom, validTo }: DelegationRecord): Refusal | undefined {
  if (agentId === principalId)
    return against('/agentId', '受托单位不能是委托单位本身。', 'The agent is another party than the principal.');
  if (validTo > validFrom) return undefined;
  return against(
    '/validTo',
    `validTo 是失效首日，须晚于 validFrom（${validFrom}）。`,
    `validTo is the first day it no longer holds and must be after validFrom (${validFrom}).`,
  );
}

function pastRemarks({ validTo }: DelegationRecord, today: string) {
  if (validTo > today) return [];
  const detail = {
    zh: `该委托自 ${validTo} 起已失效，不产生任何权限。`,
    en: `It ended on ${validTo} and gives no right to anything.`,
  };
  return [{ code: 'delegation-over', pointer: '/validTo', detail }];
}

const REVOKED_BEFORE: Refusal = {
  problem: 'wrong-status',
  detail: {
    zh: '该委托已撤销；需要时请另行委托。',
    en: 'The delegation was revoked; grant another when one is needed.',
  },
  basis: DELEGATION_BASIS,
  allowedFrom: ['valid'],
};

/** What decides whether a delegation covers something. */
export type DelegationTerms = Pick<
  Delegation,
  'principalId' | 'agentId' | 'siteIds' | 'acts' | 'validFrom' | 'validTo' | 'status'
>;

export interface DelegationQuestion {
  /** Whose act it is: the consignor of a manifest, the party of a site. */
  readonly partyId: string;
  /** Its site; null for what concerns no site. */
  readonly siteId: string | null;
  readonly act: DelegableAct;
}

export type Mandate = { readonly allowed: true; readonly onBehalfOf?: string };

/**
 * May the caller do this act for that party and site: the party itself (a key narrowed to one site, there only), or an
 * agent whose delegation covers it on that day (the civil day in Shanghai on which it is recorded).
 * @returns a refusal otherwise: not-found for who has no delegation from that party, not-your-act with what is missing for
 * who has one. Pure; never throws.
 */
export function actsFor(
  caller: Caller,
  question: DelegationQuestion,
  delegations: readonly DelegationTerms[],
  day: string,
): Mandate | Refusal {
  const { partyId, siteId } = question;
  if (caller.site && caller.site !== siteId && caller.actor.party === partyId) return OTHER_SITE;
  if (caller.actor.party === partyId) return { allowed: true };
  const given = caller.site
    ? []
    : delegations.filter((one) => one.principalId === partyId && one.agentId === caller.actor.party);
  if (given.some((one) => whyNotDelegated(one, question, day) === undefined))
    return { allowed: true, onBehalfOf: partyId };
  const best = given
    .map((one) => whyNotDelegated(one, question, day)!)
    .sort(byOrder)
    .at(-1);
  return best ? notDelegated(best, question, day) : notFound(siteId ? 'site' : 'party', siteId ?? partyId);
}

/** In the order an inspector would ask; the later a reason stands, the nearer the delegation came. */
const REASONS = ['site', 'act', 'revoked', 'expired', 'not_yet_valid'] as const;
export type NotDelegated = (typeof REASONS)[number];
const byOrder = (a: NotDelegated, b: NotDelegated): number => REASONS.indexOf(a) - REASONS.indexOf(b);

/** The first reason why a delegation does not cover an act; undefined when it does. Pure. */
export function whyNotDelegated(
  terms: DelegationTerms,
  { siteId, act }: DelegationQuestion,
  day: string,
): NotDelegated | undefined {
  if (terms.siteIds.length > 0 && (siteId === null || !terms.siteIds.includes(siteId))) return 'site';
  if (!terms.acts.includes(act)) return 'act';
  if (terms.status === 'revoked') return 'revoked';
  if (day >= terms.validTo) return 'expired';
  return day < terms.validFrom ? 'not_yet_valid' : undefined;
}

function notDelegated(reason: NotDelegated, { partyId, siteId, act }: DelegationQuestion, day: string): Refusal {
  const why = {
    site: { zh: '现有委托不含该场所', en: 'the delegation you have is not for that site' },
    act: { zh: '现有委托不含该事项', en: 'the delegation you have is not for that act' },
    revoked: { zh: '委托已撤销', en: 'the delegation was revoked' },
    expired: { zh: '委托已到期', en: 'the delegation has ended' },
    not_yet_valid: { zh: '委托尚未生效', en: 'the delegation has not begun' },
  }[reason];
  const where = { zh: siteId ? `场所 ${siteId} 的` : '', en: siteId ? ` for site ${siteId}` : '' };
  return {
    problem: 'not-your-act',
    detail: {
      zh: `${why.zh}。需要单位 ${partyId} 于 ${day} 有效的、关于${where.zh}“${DELEGABLE_ACT_NAMES[act]}”的委托（POST /v1/delegations）。`,
      en: `You would act for another: ${why.en}. It needs a delegation by party ${partyId} of the act "${act}"${where.en}, valid on ${day} (POST /v1/delegations).`,
    },
    basis: DELEGATION_BASIS,
    errors: [
      {
        pointer: 'header:authorization',
        detail: {
          zh: `须有“${DELEGABLE_ACT_NAMES[act]}”（${act}）的委托`,
          en: `needs a delegation of the act "${act}"`,
        },
      },
    ],
  };
}

const OTHER_SITE: Refusal = {
  problem: 'not-your-act',
  detail: { zh: '此密钥只能为其绑定的场所办理。', en: 'This key acts only for the site it is bound to.' },
  errors: [{ pointer: '/siteId', detail: { zh: '密钥所绑定的场所', en: "the key's own site" } }],
};

const DELEGATIONS_MAX = 50;

/**
 * What one principal has delegated to one agent, the newest first; the key is `agent principal` (a collector serves tens of
 * thousands of micro-producers, and an act concerns one). Of any status, so that a refusal can say which has ended. Not gated:
 * a revocation that was answered is seen by every act that begins after it.
 */
export const delegationsTo: Lookup<readonly DelegationTerms[]> = {
  name: 'delegations',
  gated: false,
  sql: `select k.key, d.principal_id, d.agent_id, d.site_ids, d.acts, d.valid_from, d.valid_to, d.status
    from unnest($1::text[]) as k(key)
    cross join lateral (
      select * from delegations where agent_id = split_part(k.key, ' ', 1)::uuid and principal_id = split_part(k.key, ' ', 2)::uuid
      order by id desc limit ${DELEGATIONS_MAX}
    ) d`,
  read: (rows) =>
    rows.map((row) => ({
      principalId: row[1] as string,
      agentId: row[2] as string,
      siteIds: row[3] as readonly string[],
      acts: row[4] as readonly DelegableAct[],
      validFrom: row[5] as string,
      validTo: row[6] as string,
      status: row[7] as Delegation['status'],
    })),
};

const delegationKey = (caller: Caller, partyId: string): string => `${caller.actor.party} ${partyId}`;

/** As the lookup, for what is read: what these principals have delegated to the caller. */
export async function delegationsHeld(
  pool: pg.Pool,
  caller: Caller,
  principalIds: readonly string[],
): Promise<readonly DelegationTerms[]> {
  const { rows } = await pool.query<unknown[]>({
    name: 'delegations-held',
    text: delegationsTo.sql,
    values: [principalIds.map((id) => delegationKey(caller, id))],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return delegationsTo.read(rows);
}

/** What an act for that party needs besides: nothing when it is the caller's own. For `alsoNeeds`, once the party is known. */
export const delegationNeeds = (caller: Caller, partyId: string): Needs =>
  caller.actor.party === partyId ? {} : { lookups: [{ lookup: delegationsTo, key: delegationKey(caller, partyId) }] };

/** `actsFor` over what `delegationNeeds` had loaded. @throws NotLoaded when the act did not ask for it. */
export function mandateOf(
  states: States,
  { caller, now }: { readonly caller: Caller; readonly now: Date },
  question: DelegationQuestion,
): Mandate | Refusal {
  const isOwn = caller.actor.party === question.partyId;
  const delegations = isOwn ? [] : states.found(delegationsTo, delegationKey(caller, question.partyId));
  return actsFor(caller, question, delegations, dayInShanghai(now));
}
