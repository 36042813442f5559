import { statusOf } from '../problems.ts';
import type { Projection, Statement } from './acts.ts';
import { compareText } from './collections.ts';
import { type Answer, type Decided, type Folded, isAnswered, type Work } from './group.ts';
import { jsonTexts, jsonTextsSql } from './parameters.ts';
import { columnParameters, type Kind, type SubjectRow } from './subjects.ts';

/** Step 6 of a group: fixed table order, rows sorted by their unique key, one unnest statement a table. */
export function writeStatements(work: Work): Statement[] {
  const events = work.decided.flatMap((decided) => decided.events);
  return [
    ...keyStatements(work),
    ...(events.length > 0 ? eventStatements(events) : []),
    ...projectionStatements(work.context.projections, events),
    ...stateStatements(work),
    ...outboxStatements(work, events),
  ];
}

const KEYS_SQL = `insert into act_keys (organisation, key, input_hash, status, answer, recorded_at)
  select *, $6::timestamptz from unnest($1::uuid[], $2::text[], $3::bytea[], $4::int[], ${jsonTextsSql(5)})`;

/** The answers, under their keys; also what each act's caller is told. */
function keyStatements(work: Work): Statement[] {
  for (const decided of work.decided) work.outcomes[decided.index] = { answer: answerTo(work, decided) };
  const rows = work.decided
    .filter(({ events }) => events.length > 0) // what had no effect may be done again
    .map(({ index }) => ({ pending: work.group[index]!, answer: (work.outcomes[index] as { answer: Answer }).answer }));
  if (rows.length === 0) return [];
  rows.sort((a, b) => compareText(a.pending.organisation + a.pending.key, b.pending.organisation + b.pending.key));
  return [
    {
      name: 'journal-put-keys',
      text: KEYS_SQL,
      values: [
        rows.map(({ pending }) => pending.organisation),
        rows.map(({ pending }) => pending.key),
        rows.map(({ pending }) => pending.inputHash),
        rows.map(({ answer }) => answer.status),
        jsonTexts(rows.map(({ answer }) => JSON.stringify(answer.body))),
        work.now,
      ],
    },
  ];
}

function answerTo({ now, group, context }: Work, { index, decision, events, told }: Decided): Answer {
  const { actId, minted } = group[index]!;
  if ('refused' in decision) {
    const refusal = context.rehearses ? withoutIds(decision.refused, minted) : decision.refused;
    return { status: statusOf(refusal.problem), body: { refusal }, replayed: false };
  }
  const subject = events[0]?.event.subject.id;
  const version = events.findLast(({ event }) => event.subject.id === subject)?.event.seq; // not what later acts of the group make of it
  const { answer } = context.rehearses || !told ? decision : told;
  const body = {
    ...answer,
    ...(version === undefined ? {} : { version }),
    warnings: decision.warnings ?? [],
  };
  const status = decision.status ?? 200;
  if (context.rehearses) return { status, body: withoutIds(body, minted), replayed: false };
  return { status, body: { ...body, recordedAt: now.toISOString(), actId }, replayed: false };
}

/** Ids of a rehearsal name nothing: what is called by one is left out, wherever it stands. */
function withoutIds<Value>(value: Value, minted: ReadonlySet<string>): Value {
  return JSON.parse(JSON.stringify(value, (_key, inner) => (minted.has(inner) ? undefined : inner))) as Value;
}

const EVENTS_SQL = `insert into custody_events (id, subject_id, seq, type, canonical, salt, prev_hash, hash)
  select id, subject_id, seq, type, canonical, salt, prev_hash, hash
  from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], ${jsonTextsSql(5)}, $6::bytea[], $7::bytea[], $8::bytea[])
    with ordinality as e(id, subject_id, seq, type, canonical, salt, prev_hash, hash, n) order by n`;

function eventStatements(events: readonly Folded[]): Statement[] {
  const statements: Statement[] = [
    {
      name: 'journal-put-events',
      text: EVENTS_SQL,
      values: [
        events.map(({ event }) => event.id),
        events.map(({ event }) => event.subject.id),
        events.map(({ event }) => event.seq),
        events.map(({ event }) => event.type),
        jsonTexts(events.map(({ seal }) => seal!.canonical)),
        events.map(({ seal }) => seal!.salt),
        events.map(({ seal }) => seal!.prevHash),
        events.map(({ seal }) => seal!.hash),
      ],
    },
  ];
  const refs = events.flatMap(({ event }) => [...new Set(event.refs)].map((ref) => [ref, event.id] as const));
  if (refs.length > 0) {
    refs.sort((a, b) => compareText(a[0] + a[1], b[0] + b[1]));
    statements.push({
      name: 'journal-put-refs',
      text: 'insert into event_refs (ref_id, event_id) select * from unnest($1::uuid[], $2::uuid[])',
      values: [refs.map(([ref]) => ref), refs.map(([, event]) => event)],
    });
  }
  const details = events.filter(({ draft }) => draft.details !== undefined);
  if (details.length > 0) {
    statements.push({
      name: 'journal-put-details',
      text: 'insert into event_details (event_id, salt, body) select * from unnest($1::uuid[], $2::bytea[], $3::jsonb[])',
      values: [
        details.map(({ event }) => event.id),
        details.map(({ detailsSalt }) => detailsSalt!),
        details.map(({ draft }) => JSON.stringify(draft.details)),
      ],
    });
  }
  return statements;
}

function projectionStatements(projections: readonly Projection[], events: readonly Folded[]): Statement[] {
  return projections.flatMap((projection) => {
    const rows = events.flatMap(({ event, before, after }) => projection.rowsOf(event, before, after));
    return rows.length > 0 ? projection.statements(rows) : [];
  });
}

function stateStatements({ entries }: Work): Statement[] {
  const changed = new Map<Kind, SubjectRow[]>();
  for (const { kind, loaded, current } of entries.values()) {
    if (!current || current === loaded) continue;
    const rows = changed.get(kind) ?? [];
    changed.set(kind, rows);
    rows.push(current);
  }
  return [...changed]
    .sort(([a], [b]) => a.rank - b.rank || compareText(a.name, b.name))
    .map(([kind, rows]) => ({
      name: `upsert-${kind.name}`,
      text: kind.upsertSql,
      values: columnParameters(
        kind,
        rows.sort((a, b) => compareText(a.state.id, b.state.id)),
      ),
    }));
}

/** Jobs woken, and jobs fulfilled. */
function outboxStatements(work: Work, events: readonly Folded[]): Statement[] {
  const { context, group, outcomes, now, reference } = work;
  const statements: Statement[] = [];
  const jobs = [
    ...events.flatMap(({ event, after }) => context.jobsOf(event, after, reference)),
    ...work.decided.flatMap(({ decision }) => ('refused' in decision ? [] : (decision.jobs ?? []))),
  ];
  if (jobs.length > 0) {
    statements.push({
      name: 'journal-put-outbox',
      text: 'insert into outbox (job, payload, available_at) select * from unnest($1::text[], $2::jsonb[], $3::timestamptz[])',
      values: [
        jobs.map((job) => job.job),
        jobs.map((job) => JSON.stringify(job.payload)),
        jobs.map((job) => (job.availableAt ?? now).toISOString()),
      ],
    });
  }
  const fulfilled = group.flatMap(({ completes }, index) => (isAnswered(outcomes[index]) ? completes : []));
  if (fulfilled.length > 0) {
    statements.push({
      name: 'journal-done',
      text: "update outbox set state = 'done', done_at = $2 where id = any($1::bigint[])",
      values: [fulfilled.sort((a, b) => a - b), now],
    });
  }
  return statements;
}
