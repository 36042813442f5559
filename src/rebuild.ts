import type pg from 'pg';
import { KINDS, PROJECTIONS } from './kinds.ts';
import { groupBy } from './platform/collections.ts';
import { openSession } from './platform/connections.ts';
import { canonicalText, chainHash, GENESIS_HASH, openEvent, type RecordedEvent } from './platform/events.ts';
import { columnParameters, type Kind, readRow, type SubjectRow } from './platform/subjects.ts';
import { COMPARISONS, compareRows, EXPECTED_TABLES, expectRows } from './rebuild-comparisons.ts';

/**
 * States, balances, lists and the trace graph are projections of the events. `checkRebuild` computes them again from
 * the events alone and names every value that differs from what is stored; `rebuild` replaces what is stored. Both read
 * the history subject by subject, so that memory holds one page of it, never the whole.
 */
export interface RebuildReport {
  readonly subjects: number;
  readonly events: number;
  /** Empty when every stored value is what the events say. At most DIFFERENCES_MAX. */
  readonly differences: string[];
}

const DIFFERENCES_MAX = 100;
const PAGE_EVENTS = 2_000;
const kinds = new Map(KINDS.map((kind) => [kind.name, kind]));

export async function checkRebuild(databaseUrl: string): Promise<RebuildReport> {
  const client = await openSession(databaseUrl);
  const differences: string[] = [];
  const report = (difference: string) => differences.length < DIFFERENCES_MAX && differences.push(difference);
  try {
    await client.query('begin isolation level repeatable read');
    await client.query(EXPECTED_TABLES);
    const counts = new Map<string, number>();
    let events = 0;
    for await (const page of histories(client, report)) {
      events += page.reduce((sum, history) => sum + history.events.length, 0);
      for (const { kind } of page) counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
      await compareStates(client, page, report);
      await expectRows(client, page);
    }
    for (const kind of KINDS) await compareCount(client, kind, counts.get(kind.name) ?? 0, report);
    for (const comparison of COMPARISONS) await compareRows(client, comparison, report);
    return { subjects: [...counts.values()].reduce((sum, count) => sum + count, 0), events, differences };
  } finally {
    await client.query('rollback').catch(() => {});
    await client.end();
  }
}

/** Raised when the same events are to give other rows than the build before made of them. */
export const PROJECTIONS_VERSION = 5;

/** Replaces every projection by what the events say, in one transaction. Acts wait meanwhile. */
export async function rebuild(
  databaseUrl: string,
  { unlessMadeBy = Number.POSITIVE_INFINITY }: { readonly unlessMadeBy?: number } = {},
): Promise<RebuildReport> {
  const client = await openSession(databaseUrl);
  const differences: string[] = [];
  let subjects = 0;
  let events = 0;
  try {
    await client.query('begin');
    await client.query(`lock table custody_events in share mode`);
    await client.query('lock table projections in exclusive mode');
    const { rows } = await client.query<{ version: number | null }>('select max(version) as version from projections');
    if ((rows[0]!.version ?? 0) >= unlessMadeBy) return { subjects, events, differences };
    await client.query(`truncate ${[...KINDS.map(tableOf), ...PROJECTED_TABLES].join(', ')}`);
    for await (const page of histories(client, (difference) => differences.push(difference))) {
      subjects += page.length;
      events += page.reduce((sum, history) => sum + history.events.length, 0);
      await writePage(client, page);
    }
    if (differences.length > 0)
      throw new Error(`The history itself is damaged, nothing was rebuilt: ${differences[0]}`);
    await client.query('delete from projections');
    await client.query('insert into projections (version) values ($1)', [PROJECTIONS_VERSION]);
    await client.query('commit');
    return { subjects, events, differences };
  } finally {
    await client.query('rollback').catch(() => {});
    await client.end();
  }
}

export interface History {
  readonly kind: Kind;
  readonly id: string;
  readonly events: readonly RecordedEvent[];
  /** The state after each event. */
  readonly states: readonly { id: string }[];
  readonly row: SubjectRow;
}

const HISTORY_SQL = `select subject_id, seq, id, canonical, salt, prev_hash, hash from custody_events
  where (subject_id, seq) > ($1::uuid, $2::int) order by subject_id, seq limit ${PAGE_EVENTS}`;
type StoredEvent = [
  subjectId: string,
  seq: number,
  id: string,
  canonical: string,
  salt: Buffer,
  prevHash: Buffer,
  hash: Buffer,
];

/** Whole histories, a page at a time. A subject whose events pass a page is completed before it is given out. */
async function* histories(client: pg.Client, report: (difference: string) => void): AsyncGenerator<History[]> {
  let after: [string, number] = ['00000000-0000-0000-0000-000000000000', 0];
  let open: StoredEvent[] = [];
  for (;;) {
    const { rows } = await client.query<StoredEvent>({ text: HISTORY_SQL, values: after, rowMode: 'array' });
    const events = [...open, ...rows];
    const last = rows.length < PAGE_EVENTS ? undefined : events.at(-1)![0];
    open = last === undefined ? [] : events.filter(([subject]) => subject === last);
    const complete = last === undefined ? events : events.filter(([subject]) => subject !== last);
    const bySubject = groupBy(complete, ([subject]) => subject);
    const page = [...bySubject.values()].flatMap((stored) => historyOf(stored, report) ?? []);
    if (page.length > 0) yield page;
    if (last === undefined) return;
    after = [rows.at(-1)![0], rows.at(-1)![1]];
  }
}

function historyOf(stored: readonly StoredEvent[], report: (difference: string) => void): History | undefined {
  const events = stored.map(([, , , canonical]) => openEvent(canonical));
  const kind = kinds.get(events[0]!.subject.kind);
  if (!kind) {
    report(`event ${stored[0]![2]}: no kind of subject is called ${events[0]!.subject.kind}`);
    return undefined;
  }
  const states: { id: string }[] = [];
  let prevHash: Buffer = GENESIS_HASH;
  for (const [index, [subjectId, seq, id, canonical, salt, prev, hash]] of stored.entries()) {
    const event = events[index]!;
    if (seq !== index + 1 || event.seq !== seq || event.id !== id || event.subject.id !== subjectId)
      report(`event ${id}: its columns differ from its text, or seq ${index + 1} is missing`);
    if (canonicalText(JSON.parse(canonical)) !== canonical) report(`event ${id}: its text is not canonical`);
    if (!prev.equals(prevHash) || !chainHash(prevHash, salt, canonical).equals(hash))
      report(`event ${id}: the chain of its subject is broken`);
    prevHash = hash;
    states.push(kind.evolve(states.at(-1), event) as { id: string });
  }
  const { seq, recordedAt } = events.at(-1)!;
  return {
    kind,
    id: events[0]!.subject.id,
    events,
    states,
    row: { state: states.at(-1)!, seq, headHash: prevHash, recordedAt },
  };
}

async function compareStates(
  client: pg.Client,
  page: readonly History[],
  report: (difference: string) => void,
): Promise<void> {
  for (const [kind, histories] of groupBy(page, (history) => history.kind)) {
    const { rows } = await client.query<unknown[]>({
      text: kind.selectSql,
      values: [histories.map(({ id }) => id)],
      rowMode: 'array',
    });
    const stored = new Map(rows.map((values) => readRow(kind, values)).map((row) => [row.state.id, row]));
    for (const { id, row } of histories) {
      const found = stored.get(id);
      const difference = found ? firstDifference(kind, found, row) : 'the row is missing';
      if (difference) report(`${kind.name} ${id}: ${difference}`);
    }
  }
}

function firstDifference(kind: Kind, stored: SubjectRow, expected: SubjectRow): string | undefined {
  for (const { key } of kind.columns) {
    const [is, should] = [textOf(stored, key), textOf(expected, key)];
    if (is !== should) return `${key} is ${is.slice(0, 120)}, the events say ${should.slice(0, 120)}`;
  }
  return undefined;
}

function textOf(row: SubjectRow, key: string): string {
  const value =
    key in row.state ? (row.state as Record<string, unknown>)[key] : (row as unknown as Record<string, unknown>)[key];
  return Buffer.isBuffer(value) ? value.toString('hex') : canonicalText(JSON.parse(JSON.stringify(value ?? null)));
}

async function compareCount(
  client: pg.Client,
  kind: Kind,
  expected: number,
  report: (difference: string) => void,
): Promise<void> {
  const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from ${tableOf(kind)}`);
  if (rows[0]!.count !== expected) report(`${kind.name}: ${rows[0]!.count} rows, the events make ${expected}`);
}

const tableOf = (kind: Kind): string => /from (\S+) where/.exec(kind.selectSql)![1]!;
const PROJECTED_TABLES = [
  'event_refs',
  'accounts',
  'postings',
  'balances',
  'monthly_balances',
  'batch_edges',
  'audience',
  'manifest_legs',
  'site_flows',
  'permit_uses',
  'permit_use_manifests',
];

/** What the events say, beside what is stored; the database compares the two sets. */
async function writePage(client: pg.Client, page: readonly History[]): Promise<void> {
  for (const [kind, histories] of groupBy(page, (history) => history.kind))
    await client.query(
      kind.upsertSql,
      columnParameters(
        kind,
        histories.map(({ row }) => row),
      ),
    );
  const refs = page.flatMap(({ events }) =>
    events.flatMap((event) => [...new Set(event.refs)].map((ref) => [ref, event.id])),
  );
  await client.query('insert into event_refs (ref_id, event_id) select * from unnest($1::uuid[], $2::uuid[])', [
    refs.map(([ref]) => ref),
    refs.map(([, event]) => event),
  ]);
  for (const projection of PROJECTIONS) {
    const rows = page.flatMap(({ events, states }) =>
      events.flatMap((event, index) => projection.rowsOf(event, states[index - 1], states[index]!)),
    );
    if (rows.length === 0) continue;
    for (const { text, values } of projection.statements(rows)) await client.query(text, [...values]);
  }
}
