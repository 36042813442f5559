/** Holds official records against ours. Can be done again at any time: it changes what was found of a record, never the record. */
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { JobDraft } from '../platform/acts.ts';
import type { Clock } from '../platform/clock.ts';
import { groupBy } from '../platform/collections.ts';
import type { Database } from '../platform/connections.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { type Fields, mappingOn, type RecordKind } from './mappings.ts';
import { ignoredAmong, manifestsFor, type Owner, ownerOf, partiesFor } from './queries.ts';
import { type Finding, putFindings } from './repository.ts';
import { differencesOf, type MatchState, stateOf } from './rules.ts';

interface Row {
  readonly id: string;
  readonly ownerId: string;
  readonly system: string;
  readonly kind: RecordKind;
  readonly fields: Fields;
}

const ROWS_SQL = `select id, owner_id as "ownerId", system, kind, fields from official_records`;

/** Records of one owner, all of one system and kind, as in a file. */
async function findingsOf(database: Database, owner: Owner, rows: readonly Row[], day: string): Promise<Finding[]> {
  const [{ system, kind }] = rows as [Row];
  if (kind === 'ledger') return rows.map(({ id }) => NOTHING(id, 'not_compared'));
  if (kind === 'parties') {
    const found = await partiesFor(database.pool, rows);
    const ignored = await ignoredAmong(
      database.pool,
      rows.map(({ id }) => id),
    );
    return rows.map(({ id, fields }) => {
      if (ignored.has(id)) return NOTHING(id, 'not_compared');
      const all = found.get(id)!;
      const sure = all.filter((one) => one.sure);
      return sure.length === 1 ? linked(id, fields, sure[0]!) : open(id, all);
    });
  }
  const found = await manifestsFor(database, owner, rows, mappingOn(system, kind, day));
  return rows.map(({ id, fields }) => {
    const { byNumber, found: all } = found.get(id)!;
    return byNumber && all.length === 1 ? linked(id, fields, all[0]!) : open(id, all);
  });
}

const NOTHING = (id: string, state: MatchState): Finding => ({
  id,
  state,
  subjectId: null,
  candidates: [],
  differences: [],
});

function linked(
  id: string,
  fields: Fields,
  { id: subjectId, ours }: { id: string; ours: Parameters<typeof differencesOf>[1] },
): Finding {
  const differences = differencesOf(fields, ours);
  return { id, state: stateOf(1, differences), subjectId, candidates: [], differences };
}

const open = (id: string, all: readonly { readonly id: string }[]): Finding =>
  all.length === 0
    ? NOTHING(id, 'missing_here')
    : { ...NOTHING(id, 'candidate'), candidates: all.map((one) => one.id) };

const BATCH = 1_000;

/** @returns how many there were. */
async function match(database: Database, clock: Clock, rows: readonly Row[]): Promise<number> {
  const now = clock.now();
  const day = dayInShanghai(now);
  for (const group of groupBy(rows, ({ ownerId, system, kind }) => `${ownerId} ${system} ${kind}`).values()) {
    const owner = await ownerOf(database, group[0]!.ownerId);
    for (let from = 0; from < group.length; from += BATCH) {
      const found = await findingsOf(database, owner, group.slice(from, from + BATCH), day);
      await putFindings(database.pool, owner.partyId, found, now);
    }
  }
  return rows.length;
}

/** Every record that stands in a file, page by page. */
export async function matchImport(database: Database, clock: Clock, importId: string): Promise<void> {
  for (let after = NIL; ; ) {
    const { rows } = await database.pool.query<Row>(
      `${ROWS_SQL} where seen_import_id = $1 and id > $2 order by id limit ${BATCH}`,
      [importId, after],
    );
    await match(database, clock, rows);
    if (rows.length < BATCH) return;
    after = rows.at(-1)!.id;
  }
}

const NIL = '00000000-0000-0000-0000-000000000000';

async function matchRecords(database: Database, clock: Clock, ids: readonly string[]): Promise<void> {
  const { rows } = await database.pool.query<Row>(`${ROWS_SQL} where id = any($1::uuid[])`, [ids]);
  await match(database, clock, rows);
}

const SWEEP_ROWS_MAX = 5_000;

/** What is not settled is held against ours again, the longest unlooked at first: what was missing may have come since. */
export async function matchAgain(database: Database, clock: Clock): Promise<number> {
  const { rows } = await database.pool.query<Row>(
    `${ROWS_SQL} where state in ('missing_here', 'candidate', 'differs') order by matched_at limit ${SWEEP_ROWS_MAX}`,
  );
  return match(database, clock, rows);
}

/** A manifest that has an official number is compared after each of its events, a party after it was decided on. */
export function matchesOf({ type, subject }: RecordedEvent, after: { id: string }): readonly JobDraft[] {
  if (type === 'official_party_resolved') return [{ job: 'match_official_record', payload: { recordId: subject.id } }];
  if (subject.kind !== 'manifest') return [];
  const { officialNumber } = after as Manifest;
  return officialNumber === null ? [] : [{ job: 'match_official_record', payload: { manifestId: subject.id } }];
}

const OF_MANIFEST_SQL = `${ROWS_SQL} where id in (
  select r.id from manifests m cross join jsonb_array_elements(m.official_records) o
  join official_records r on r.system = o->>'system' and r.number = o->>'number' where m.id = $1)`;

export const matchJob: JobDefinition = {
  name: 'match_official_record',
  async handle({ recordId, manifestId }, { database, clock }) {
    if (recordId) await matchRecords(database, clock, [recordId]);
    else if (manifestId) {
      const { rows } = await database.pool.query<Row>(OF_MANIFEST_SQL, [manifestId]);
      await match(database, clock, rows);
    } else throw new PermanentError('match_official_record needs a recordId or a manifestId');
    return [];
  },
};
