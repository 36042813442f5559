/** What is decided of official exports, as events: a file came, it was read, a party in it is one of ours or not. */
import { amendParty, type PartyRecord, registerParty } from '../parties/commands.ts';
import { type Party, partyKind } from '../parties/registers.ts';
import { type Act, type Decision, type Lookup, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json, RecordedEvent } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { against, type Refusal } from '../problems.ts';
import type { ResolutionInput } from './inputs.ts';
import type { Fields } from './mappings.ts';
import { capacitiesIn } from './rules.ts';
import { type ImportCounts, officialImports, officialParties } from './tables.ts';

export type OfficialImport = StateOf<typeof officialImports>;

export const officialImportKind = subjectKind({
  name: 'official_import',
  rank: RANKS.fact,
  table: officialImports,
  evolve(state: OfficialImport | undefined, { type, data, subject, occurredAt }: RecordedEvent): OfficialImport {
    if (type === 'official_import_read') return { ...state!, counts: data.counts as unknown as ImportCounts };
    const file = data.file as unknown as ImportFacts;
    return { ...file, id: subject.id, counts: null, receivedAt: occurredAt };
  },
  conflicts: {
    official_imports_file: {
      problem: 'already-exists',
      detail: { zh: '此文件已导入。', en: 'This file was imported before.' },
    },
  },
});

export type ImportFacts = Omit<OfficialImport, 'id' | 'counts' | 'receivedAt'>;

/** The file is kept and its titles fit. What it says is in it and in no event; the event has its hash (provenance). */
export const receiveImport: Act<ImportFacts> = {
  name: 'receive_official_import',
  kind: 'register',
  needs: () => ({}),
  decide(file, _states, facts) {
    const id = facts.newId();
    const event: EventDraft = {
      type: 'official_import_received',
      subject: { kind: 'official_import', id },
      occurredAt: facts.now,
      region: null,
      data: { file: file as unknown as Json },
    };
    return { events: [event], answer: { id, fileId: file.fileId }, status: 201 };
  },
};

/** Every row of it has been read. */
export const readImport: Act<{ readonly id: string; readonly counts: ImportCounts }> = {
  name: 'read_official_import',
  kind: 'register',
  needs: ({ id }) => ({ lock: [{ kind: 'official_import', id }] }),
  decide({ id, counts }, states, facts) {
    const known = states.get(officialImportKind, id);
    if (!known) return refused(notFound('official_import', id));
    if (known.counts) return { events: [], answer: { id } };
    const event: EventDraft = {
      type: 'official_import_read',
      subject: { kind: 'official_import', id },
      occurredAt: facts.now,
      region: null,
      data: { counts: counts as unknown as Json },
    };
    return { events: [event], answer: { id } };
  },
};

export type OfficialParty = StateOf<typeof officialParties>;

export const officialPartyKind = subjectKind({
  name: 'official_party',
  rank: RANKS.fact,
  table: officialParties,
  evolve: (_state: OfficialParty | undefined, { data, subject, actor, occurredAt }: RecordedEvent): OfficialParty => ({
    ...(data.resolution as unknown as Resolution),
    id: subject.id,
    decidedById: actor.party,
    decidedAt: occurredAt,
  }),
});

type Resolution = Pick<OfficialParty, 'ownerId' | 'decision' | 'partyId' | 'adopted'>;

interface NamedParty {
  readonly ownerId: string;
  readonly importId: string;
  readonly fields: Fields;
}

/** The record as it is when it is decided on. Key: its id. */
const recordLookup: Lookup<NamedParty | undefined> = {
  name: 'official_party_record',
  gated: false,
  sql: `select id::text, owner_id, import_id, fields from official_records where kind = 'parties' and id = any($1::uuid[])`,
  read: ([row]) => row && { ownerId: row[1] as string, importId: row[2] as string, fields: row[3] as Fields },
};

/**
 * 单位归并: an official system's party is one of ours, is to become one, or is left alone. Nothing of ours is overwritten: a field is taken over
 * only by its name (`adopt`), under the rules of the register.
 * @refuses not-found, not-your-act (registering and adopting are an administrator's), against-rule (a party that is not there; a name whose code
 * is another's; what the register asks for), already-exists (the code).
 */
export const resolveOfficialParty: Act<ResolutionInput> = {
  name: 'resolve_official_party',
  kind: 'register',
  needs: ({ id, sameAs }) => ({
    lock: [{ kind: 'official_party', id }, ...(sameAs ? [{ kind: 'party', id: sameAs }] : [])],
    lookups: [{ lookup: recordLookup, key: id }],
  }),
  decide(input, states, facts) {
    const record = states.found(recordLookup, input.id);
    const { role, actor, site } = facts.caller;
    const isTheirs = role === 'administrator' || (record?.ownerId === actor.party && !site);
    if (!record || !isTheirs) return refused(notFound('official_party', input.id));
    const edits = input.register !== undefined || input.adopt.length > 0;
    if (edits && role !== 'administrator') return refused(ADMINISTRATORS);
    if (input.sameAs) return sameAs(input, record, states, facts);
    if (input.register) {
      const partyId = states.get(officialPartyKind, input.id)?.partyId;
      return partyId ? refused(isOurs(partyId)) : register(input, record, states, facts);
    }
    return resolved(input, record, { decision: 'ignored', partyId: null, adopted: [] }, facts);
  },
};

type Facts = Parameters<typeof resolveOfficialParty.decide>[2];

function sameAs(input: ResolutionInput, record: NamedParty, states: States, facts: Facts): Decision {
  const id = input.sameAs!;
  const party = states.get(partyKind, id);
  if (!party) return refused(against('/sameAs', `没有单位 ${id}。`, `There is no party ${id}.`));
  const { fields } = record;
  if (fields.uscc !== undefined && party.uscc !== null && party.uscc !== fields.uscc)
    return refused(otherCode(party.uscc, String(fields.uscc)));
  const untold = input.adopt.find((field) => fields[field] === undefined);
  if (untold) return refused(notTold(input.adopt.indexOf(untold), untold));
  const taken = Object.fromEntries(input.adopt.map((field) => [field, fields[field]]));
  const before = recordOf(party);
  const amended = { id, record: { ...before, ...taken } as PartyRecord };
  const seen = { ...facts, expectedSeq: states.seqOf({ kind: 'party', id }) };
  const edit = input.adopt.length > 0 ? amendParty.decide(amended, states, seen) : { events: [], warnings: [] };
  if ('refused' in edit) return edit;
  return resolved(input, record, { decision: 'same_as', partyId: id, adopted: input.adopt }, facts, edit);
}

const recordOf = ({ name, uscc, capacities, region, jurisdiction, active }: Party) => ({
  name,
  uscc,
  capacities,
  region,
  jurisdiction,
  active,
});

const isOurs = (partyId: string): Refusal => ({
  problem: 'already-exists',
  detail: {
    zh: `该单位已归并为 ${partyId}；如有误，请以 sameAs 改正。`,
    en: `It is party ${partyId} already; put that right with sameAs, if it is wrong.`,
  },
  errors: [{ pointer: '/register', detail: partyId }],
});

function register(input: ResolutionInput, record: NamedParty, states: States, facts: Facts): Decision {
  const { name, uscc, region, partyType } = record.fields as Readonly<Record<string, string | undefined>>;
  const { capacities = capacitiesIn(partyType ?? ''), region: told = region } = input;
  if (capacities.length === 0) return refused(needed('/capacities', '单位类型', 'what the party does'));
  if (told === undefined) return refused(needed('/region', '所在区县代码', 'the code of its county'));
  const party = { name: name!, uscc: uscc ?? null, capacities, region: told, jurisdiction: null, active: true };
  const entered = registerParty.decide({ record: party as PartyRecord }, states, facts);
  if ('refused' in entered) return entered;
  const partyId = entered.answer.id as string;
  return resolved(input, record, { decision: 'registered', partyId, adopted: [] }, facts, entered);
}

function resolved(
  { id, reason }: ResolutionInput,
  { ownerId, importId }: NamedParty,
  resolution: Omit<Resolution, 'ownerId'>,
  facts: Facts,
  edit: { readonly events: readonly EventDraft[]; readonly warnings?: readonly Warning[] } = { events: [] },
): Decision {
  const event: EventDraft = {
    type: 'official_party_resolved',
    subject: { kind: 'official_party', id },
    occurredAt: facts.now,
    region: null,
    refs: [importId, ...(resolution.partyId ? [resolution.partyId] : [])],
    data: { resolution: { ownerId, ...resolution } as unknown as Json, importId },
    ...(reason ? { details: { reason } } : {}),
  };
  return {
    events: [event, ...edit.events],
    answer: { id, decision: resolution.decision, partyId: resolution.partyId },
    warnings: edit.warnings ?? [],
  };
}

const ADMINISTRATORS: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '登记单位和采用官方字段是修改单位名录，由管理员办理；监管部门可以认定为同一单位或忽略。',
    en: 'To register a party or adopt a field edits the register, which is an administrator’s; a regulator may say that it is the same as one of ours, or ignore it.',
  },
};

const otherCode = (ours: string, theirs: string): Refusal =>
  against(
    '/sameAs',
    `两者的统一社会信用代码不同（${ours}、${theirs}），不是同一单位。`,
    `Their unified social credit codes differ (${ours}, ${theirs}): they are two parties.`,
    'GB 32100-2015',
  );

const notTold = (index: number, field: string): Refusal =>
  against(`/adopt/${index}`, `官方记录没有 ${field}。`, `The official record does not tell ${field}.`);

const needed = (pointer: string, zh: string, en: string): Refusal =>
  against(pointer, `官方记录没有写明${zh}，请填写。`, `The official record does not say ${en}; give it.`);
