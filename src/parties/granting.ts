import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { type Act, type Caller, refused } from '../platform/acts.ts';
import type { EventDraft, Json, Ref } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import type { Journal } from '../platform/journal.ts';
import { notFound } from '../platform/register.ts';
import { Instant, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal, SUBJECT_NAMES } from '../problems.ts';
import { mayEdit, partyAbsent, regionRefusal } from './commands.ts';
import { mintKey } from './keys.ts';
import {
  apiKeyKind,
  type Device,
  deviceKind,
  type Party,
  partyKind,
  personKind,
  type Site,
  siteKind,
} from './registers.ts';
import { CAPACITY_NAMES, type Capacity, ROLE_NAMES, ROLES, type Role } from './tables.ts';

/**
 * API keys: who may grant which, to whom, bound to what. The secret never comes here: an act is given the prefix and the
 * hash. A key is only granted and revoked, never amended, so what it may do cannot grow.
 */
export const KeyBody = z.strictObject({
  partyId: Uuid,
  role: z.enum(ROLES),
  /** What the key is for, e.g. "ERP" or "2号地磅"; nobody's name. */
  label: ShortText.max(60),
  /** Narrows the key to one site. A device's key has the site of its device. */
  siteId: Uuid.nullable().default(null),
  deviceId: Uuid.nullable().default(null),
  personId: Uuid.nullable().default(null),
  expiresAt: Instant.nullable().default(null),
});
export type KeyGrant = z.output<typeof KeyBody>;
type GrantInput = KeyGrant & { readonly prefix: string; readonly secretHash: string };

type ApiKey = NonNullable<Parameters<typeof apiKeyKind.evolve>[0]>;
type Person = NonNullable<Parameters<typeof personKind.evolve>[0]>;

/** One row a role: who grants it besides an administrator, what its party must be, what it must be bound to. */
const GRANTS = {
  administrator: { byMember: false, capacity: 'operator', bound: undefined },
  regulator: { byMember: false, capacity: 'regulator', bound: undefined },
  member: { byMember: true, capacity: undefined, bound: undefined },
  device: { byMember: true, capacity: undefined, bound: 'deviceId' },
  driver: { byMember: true, capacity: undefined, bound: 'personId' },
} as const satisfies Record<
  Role,
  { byMember: boolean; capacity: Capacity | undefined; bound: 'deviceId' | 'personId' | undefined }
>;

/** What a grant is judged with. */
export interface GrantFacts {
  readonly party: Party | undefined;
  readonly site: Site | undefined;
  readonly device: Device | undefined;
  readonly person: Person | undefined;
  /** The key that asks. */
  readonly granter: ApiKey | undefined;
}

/**
 * @refuses not-your-act (role or party the caller may not grant for), against-rule (what the role needs, bindings,
 * term), key-invalid (the asking key has been revoked meanwhile).
 */
export const grantKey: Act<GrantInput> = {
  name: 'grant_api_key',
  kind: 'register',
  needs: (input, { caller }) => ({
    read: [
      { kind: 'party', id: input.partyId },
      ...named('site', input.siteId),
      ...named('device', input.deviceId),
      ...named('person', input.personId),
      ...named('api_key', caller.actor.key),
    ],
  }),
  decide(input, states, facts) {
    const known: GrantFacts = {
      party: states.get(partyKind, input.partyId),
      site: input.siteId === null ? undefined : states.get(siteKind, input.siteId),
      device: input.deviceId === null ? undefined : states.get(deviceKind, input.deviceId),
      person: input.personId === null ? undefined : states.get(personKind, input.personId),
      granter: facts.caller.actor.key ? states.get(apiKeyKind, facts.caller.actor.key) : undefined,
    };
    const refusal = grantRefusal(input, known, facts.caller, facts.now);
    if (refusal) return refused(refusal);
    const id = facts.newId();
    const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt);
    const record = { ...input, siteId: siteOf(input, known), expiresAt, revokedAt: null };
    const { prefix, role, siteId } = record;
    return { events: [keyEvent('granted', id, record, facts.now)], answer: { id, prefix, role, siteId }, status: 201 };
  },
};

/** @refuses not-found, wrong-status (revoked before), against-rule (an administrator's own key). */
export const revokeKey: Act<{ readonly id: string }> = {
  name: 'revoke_api_key',
  kind: 'register',
  needs: ({ id }) => ({ lock: [{ kind: 'api_key', id }] }),
  decide({ id }, states, { caller, now }) {
    const key = states.get(apiKeyKind, id);
    if (!key || !mayEdit(key, caller)) return refused(notFound('api_key', id));
    if (key.revokedAt) return refused(revokedBefore(key.revokedAt));
    if (caller.role === 'administrator' && caller.actor.key === id) return refused(OWN_KEY);
    const { id: _, ...record } = key;
    return { events: [keyEvent('revoked', id, { ...record, revokedAt: now }, now)], answer: { id } };
  },
};

/** Why a key may not be granted, if it may not. Pure. */
export function grantRefusal(input: KeyGrant, known: GrantFacts, caller: Caller, now: Date): Refusal | undefined {
  return (
    notTheirs(input, caller) ??
    partyAbsent(known.party, input.partyId) ??
    unfitParty(input.role, known.party!) ??
    unfitBinding(input, known) ??
    unfitTerm(input.expiresAt, known.granter, now) ??
    widerThan(known.granter, siteOf(input, known))
  );
}

function notTheirs(input: KeyGrant, caller: Caller): Refusal | undefined {
  if (caller.role === 'administrator') return undefined;
  const grantable = ROLES.filter((role) => GRANTS[role].byMember);
  const isRole = GRANTS[input.role].byMember;
  if (isRole && mayEdit(input, caller)) return undefined;
  return {
    problem: 'not-your-act',
    detail: {
      zh: `单位成员只能为本单位发放${grantable.map((role) => ROLE_NAMES[role]).join('、')}密钥；其他由管理员发放。`,
      en: `A member may grant keys for ${grantable.join(', ')} of its own party; others are an administrator's to grant.`,
    },
    errors: [
      isRole
        ? { pointer: '/partyId', detail: caller.actor.party }
        : { pointer: '/role', detail: grantable.join(' | ') },
    ],
  };
}

function unfitParty(role: Role, party: Party): Refusal | undefined {
  const { capacity } = GRANTS[role];
  if (!capacity) return undefined;
  if (!party.capacities.includes(capacity)) {
    return against(
      '/role',
      `${ROLE_NAMES[role]}密钥只发给具有“${CAPACITY_NAMES[capacity]}”身份（${capacity}）的单位；“${party.name}”没有。`,
      `A key for ${role} needs a party with the capacity ${capacity}; ${party.name} has not.`,
    );
  }
  if (role !== 'regulator' || party.jurisdiction) return undefined;
  return against(
    '/partyId',
    `“${party.name}”没有管辖范围；请先登记其 jurisdiction。`,
    `${party.name} has no jurisdiction; enter it first.`,
  );
}

/** What a key is bound to belongs to its party; a device's key stands where its device stands. */
function unfitBinding(input: KeyGrant, known: GrantFacts): Refusal | undefined {
  const { partyId, role, siteId, deviceId, personId } = input;
  const { bound } = GRANTS[role];
  if (bound && input[bound] === null)
    return against(`/${bound}`, `${ROLE_NAMES[role]}密钥须写明 ${bound}。`, `A key for ${role} names its ${bound}.`);
  if (deviceId !== null && role !== 'device')
    return against('/deviceId', 'deviceId 仅用于设备密钥。', 'Only a key for device names a deviceId.');
  if (personId !== null && role === 'device')
    return against('/personId', '设备密钥不属于个人。', 'A key for device belongs to no person.');
  for (const [kind, id, found] of [
    ['site', siteId, known.site],
    ['device', deviceId, known.device],
    ['person', personId, known.person],
  ] as const) {
    if (id === null || (found?.partyId === partyId && found.active)) continue;
    return against(
      `/${kind}Id`,
      `单位 ${partyId} 没有在用的${SUBJECT_NAMES[kind]!.zh} ${id}。`,
      `Party ${partyId} has no active ${kind} ${id}.`,
    );
  }
  if (!known.device || siteId === null || siteId === known.device.siteId) return undefined;
  return against(
    '/siteId',
    `该设备位于场所 ${known.device.siteId}；请省略 siteId 或填写该场所。`,
    `The device stands at site ${known.device.siteId}; leave siteId out or name that one.`,
  );
}

/** A key never outlives the one that granted it. */
function unfitTerm(expiresAt: string | null, granter: ApiKey | undefined, now: Date): Refusal | undefined {
  if (granter?.revokedAt) return GRANTER_REVOKED;
  const end = expiresAt === null ? null : new Date(expiresAt);
  if (end && end <= now) {
    return against('/expiresAt', `到期时间须晚于 ${now.toISOString()}。`, `It must expire after ${now.toISOString()}.`);
  }
  const last = granter?.expiresAt;
  if (!last || (end && end <= last)) return undefined;
  return against(
    '/expiresAt',
    `您的密钥于 ${last.toISOString()} 到期；所发放的密钥不得更晚。`,
    `Your own key expires at ${last.toISOString()}; one you grant cannot last longer.`,
  );
}

function widerThan(granter: ApiKey | undefined, siteId: string | null): Refusal | undefined {
  if (!granter?.siteId || granter.siteId === siteId) return undefined;
  return {
    problem: 'not-your-act',
    detail: {
      zh: `您的密钥限于场所 ${granter.siteId}；只能为该场所发放。`,
      en: `Your key is bound to site ${granter.siteId}; it grants keys for that site only.`,
    },
    errors: [{ pointer: '/siteId', detail: granter.siteId }],
  };
}

const siteOf = (input: KeyGrant, { device }: GrantFacts): string | null => device?.siteId ?? input.siteId;

const named = (kind: string, id: string | null | undefined): readonly Ref[] => (id ? [{ kind, id }] : []);

/** Every event of a key carries the whole record, as its register expects. */
function keyEvent(type: 'granted' | 'revoked', id: string, record: object, now: Date): EventDraft {
  const data = { record: JSON.parse(JSON.stringify(record)) as { [key: string]: Json } };
  return { type: `api_key_${type}`, subject: { kind: 'api_key', id }, occurredAt: now, data };
}

const revokedBefore = (revokedAt: Date): Refusal => ({
  problem: 'wrong-status',
  detail: {
    zh: `该密钥已于 ${revokedAt.toISOString()} 吊销。`,
    en: `The key was revoked at ${revokedAt.toISOString()}.`,
  },
  allowedFrom: ['active'],
});

const OWN_KEY: Refusal = {
  problem: 'against-rule',
  detail: {
    zh: '管理员不能吊销自己正在使用的密钥，以免无人可管理；请用另一管理员密钥操作。',
    en: 'An administrator cannot revoke the key in use, or nobody might be left; use another administrator key.',
  },
};

const GRANTER_REVOKED: Refusal = {
  problem: 'key-invalid',
  detail: { zh: '您的密钥已被吊销。', en: 'Your key has been revoked.' },
};

/** Named, so that there can only ever be one: Postgres and the journal's lock decide, never a count of keys. */
const FIRST_KEY_ID = namedUuid('first-administrator');
const FIRST_PARTY_ID = namedUuid('first-administrator operator');

interface FirstInput {
  readonly name: string;
  readonly region: string;
  readonly prefix: string;
  readonly secretHash: string;
}

const createFirst: Act<FirstInput> = {
  name: 'create_first_administrator',
  kind: 'register',
  needs: () => ({ lock: [...named('party', FIRST_PARTY_ID), ...named('api_key', FIRST_KEY_ID)] }),
  decide({ name, region, prefix, secretHash }, states, { now }) {
    if (states.get(apiKeyKind, FIRST_KEY_ID)) return refused(FIRST_EXISTS);
    const misplaced = regionRefusal('/region', region, dayInShanghai(now));
    if (misplaced) return refused(misplaced);
    const party = { name, uscc: null, capacities: ['operator'], region, jurisdiction: null, active: true };
    const bindings = { siteId: null, deviceId: null, personId: null, expiresAt: null, revokedAt: null };
    const key = { partyId: FIRST_PARTY_ID, role: 'administrator', label: 'first administrator', prefix, secretHash };
    return {
      events: [
        {
          type: 'party_registered',
          subject: { kind: 'party', id: FIRST_PARTY_ID },
          occurredAt: now,
          region,
          data: { record: party },
        },
        keyEvent('granted', FIRST_KEY_ID, { ...key, ...bindings }, now),
      ],
      answer: { id: FIRST_PARTY_ID, keyId: FIRST_KEY_ID },
      status: 201,
    };
  },
};

const FIRST_EXISTS: Refusal = {
  problem: 'already-exists',
  detail: {
    zh: '首个管理员已创建；请用其密钥发放其他管理员密钥（POST /v1/api-keys）。',
    en: 'The first administrator exists already; more administrator keys are granted with its key (POST /v1/api-keys).',
  },
};

/**
 * The operator's party and its administrator key, once in the life of a database. The key is shown to whoever runs the
 * command and kept nowhere.
 * @throws Problem already-exists the second time; against-rule for a region that is none today.
 */
export async function createFirstAdministrator(
  journal: Journal,
  { name, region }: { readonly name: string; readonly region: string },
): Promise<{ readonly partyId: string; readonly keyId: string; readonly apiKey: string }> {
  const { apiKey, prefix, secretHash } = mintKey();
  await journal.submit(
    createFirst,
    { name, region, prefix, secretHash },
    {
      caller: { actor: { party: FIRST_PARTY_ID, key: FIRST_KEY_ID }, role: 'administrator' },
      organisation: FIRST_PARTY_ID,
      // Another key each time: a second run must be judged, not answered with the first one's answer.
      key: `first-administrator ${prefix}`,
    },
  );
  return { partyId: FIRST_PARTY_ID, keyId: FIRST_KEY_ID, apiKey };
}

/**
 * Another administrator key of the operator, for when those there are have been lost: whoever can reach the database may ask.
 * Its event names the operator as actor and no key.
 * @throws Problem against-rule before the first administrator was created, or when the operator is closed.
 */
export async function recoverAdministrator(journal: Journal): Promise<{ readonly apiKey: string }> {
  const { apiKey, prefix, secretHash } = mintKey();
  const grant = KeyBody.parse({ partyId: FIRST_PARTY_ID, role: 'administrator', label: 'admin recover' });
  await journal.submit(
    grantKey,
    { ...grant, prefix, secretHash },
    {
      caller: { actor: { party: FIRST_PARTY_ID }, role: 'administrator' },
      organisation: FIRST_PARTY_ID,
      key: `admin-recover ${prefix}`,
    },
  );
  return { apiKey };
}
