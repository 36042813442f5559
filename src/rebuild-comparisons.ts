import type pg from 'pg';
import { edgesOf, ledgerRowsOf } from './custody/repository.ts';
import { AUDIENCE_OF } from './kinds.ts';
import { FLOW_COLUMNS, FLOW_SUMS, flowsOf } from './manifests/flows.ts';
import { legRowsOf } from './manifests/legs.ts';
import type { Manifest } from './manifests/manifest.ts';
import { audienceRows } from './parties/audience.ts';
import { permitUseRowsOf } from './permits/uses.ts';
import type { History } from './rebuild.ts';

const FLOW_KEYS = 'site_id, direction, day, waste_class, method';

export const EXPECTED_TABLES = `
  create temp table expected_refs (ref_id uuid, event_id uuid) on commit drop;
  create temp table expected_postings (event_id uuid, n int, account_id uuid, batch_id uuid, line int, trip_id uuid, grams bigint, pieces int, dry_grams bigint, occurred_at timestamptz) on commit drop;
  create temp table expected_accounts (id uuid, role text, party_id uuid, site_id uuid, waste_code text, owner_id uuid) on commit drop;
  create temp table expected_edges (to_id uuid, from_id uuid, event_id uuid, grams bigint, pieces int) on commit drop;
  create temp table expected_legs (manifest_id uuid, leg int, carrier_id uuid, plate text, trip_id uuid, started_at timestamptz, ended_at timestamptz) on commit drop;
  create temp table expected_flows (site_id uuid, direction text, day text, waste_class text, method text, ${FLOW_COLUMNS.map((name) => `${name} bigint`).join(', ')}) on commit drop;
  create temp table expected_permit_uses (permit_id uuid, manifest_id uuid, period text, reserved_grams bigint, used_grams bigint) on commit drop;
  create temp table expected_audience (scope uuid, kind text, stage text, id uuid, stream text) on commit drop;`;

export async function expectRows(client: pg.Client, page: readonly History[]): Promise<void> {
  const events = page.flatMap((history) => history.events);
  const refs = events.flatMap((event) => [...new Set(event.refs)].map((ref) => ({ ref, event: event.id })));
  await fill(client, 'expected_refs', refs, [
    ['uuid', ({ ref }) => ref],
    ['uuid', ({ event }) => event],
  ]);
  const postings = events.flatMap(ledgerRowsOf);
  await fill(client, 'expected_postings', postings, [
    ['uuid', (row) => row.eventId],
    ['int', (row) => row.n],
    ['uuid', (row) => row.account.id],
    ['uuid', (row) => row.batchId],
    ['int', (row) => row.line],
    ['uuid', (row) => row.tripId],
    ['bigint', (row) => row.grams],
    ['int', (row) => row.pieces],
    ['bigint', (row) => row.dryGrams],
    ['timestamptz', (row) => row.occurredAt.toISOString()],
  ]);
  await fill(client, 'expected_edges', events.flatMap(edgesOf), [
    ['uuid', (row) => row.toId],
    ['uuid', (row) => row.fromId],
    ['uuid', (row) => row.eventId],
    ['bigint', (row) => row.grams],
    ['int', (row) => row.pieces],
  ]);
  await fill(
    client,
    'expected_accounts',
    [...new Set(postings.map((row) => row.account))],
    [
      ['uuid', (account) => account.id],
      ['text', (account) => account.role],
      ['uuid', (account) => account.partyId],
      ['uuid', (account) => account.siteId],
      ['text', (account) => account.wasteCode],
      ['uuid', (account) => account.ownerId],
    ],
  );
  const legs = page.flatMap(({ kind, row }) => (kind.name === 'manifest' ? legRowsOf(row.state as Manifest) : []));
  await fill(client, 'expected_legs', legs, [
    ['uuid', (leg) => leg.manifestId],
    ['int', (leg) => leg.leg],
    ['uuid', (leg) => leg.carrierId],
    ['text', (leg) => leg.plate],
    ['uuid', (leg) => leg.tripId],
    ['timestamptz', (leg) => leg.startedAt],
    ['timestamptz', (leg) => leg.endedAt],
  ]);
  const flows = page.flatMap(({ kind, row }) => (kind.name === 'manifest' ? flowsOf(row.state as Manifest) : []));
  await fill(client, 'expected_flows', flows, [
    ['uuid', (flow) => flow.siteId],
    ['text', (flow) => flow.direction],
    ['text', (flow) => flow.day],
    ['text', (flow) => flow.wasteClass],
    ['text', (flow) => flow.method],
    ...FLOW_SUMS.map((name) => ['bigint', (flow: (typeof flows)[number]) => flow[name]] as const),
  ]);
  await fill(client, 'expected_permit_uses', events.flatMap(permitUseRowsOf), [
    ['uuid', (row) => row.permitId],
    ['uuid', (row) => row.manifestId],
    ['text', (row) => row.period],
    ['bigint', (row) => row.reservedGrams],
    ['bigint', (row) => row.usedGrams],
  ]);
  const audience = page.flatMap(({ kind, row }) => audienceRows(AUDIENCE_OF, kind.name, row.state));
  await fill(client, 'expected_audience', audience, [
    ['uuid', (row) => row.scope],
    ['text', (row) => row.kind],
    ['text', (row) => row.stage],
    ['uuid', (row) => row.id],
    ['text', (row) => row.stream],
  ]);
}

/** Rows into a table, its columns in order: each with its type and where it comes from. */
async function fill<Row>(
  client: pg.Client,
  table: string,
  rows: readonly Row[],
  columns: readonly (readonly [type: string, pick: (row: Row) => unknown])[],
): Promise<void> {
  const arrays = columns.map(([type], index) => `$${index + 1}::${type}[]`).join(', ');
  await client.query(
    `insert into ${table} select * from unnest(${arrays})`,
    columns.map(([, pick]) => rows.map(pick)),
  );
}

const POSTING_COLUMNS = 'event_id, n, account_id, batch_id, line, trip_id, grams, pieces, dry_grams, occurred_at';
const SUMS = 'sum(grams)::bigint, sum(pieces)::int, sum(dry_grams)::bigint';

const ACCOUNT_COLUMNS = 'id, role, party_id, site_id, waste_code, owner_id';
const LEG_COLUMNS = 'manifest_id, leg, carrier_id, plate, trip_id, started_at, ended_at';
const EDGE_COLUMNS = 'to_id, from_id, event_id, grams, pieces';

export const COMPARISONS: readonly { readonly name: string; readonly stored: string; readonly expected: string }[] = [
  {
    name: 'accounts',
    stored: `select ${ACCOUNT_COLUMNS}, grams, pieces, dry_grams from accounts`,
    expected: `select ${ACCOUNT_COLUMNS}, ${SUMS} from (select distinct * from expected_accounts) a join expected_postings on account_id = id group by ${ACCOUNT_COLUMNS}`,
  },
  {
    name: 'batch_edges',
    stored: `select ${EDGE_COLUMNS} from batch_edges`,
    expected: `select ${EDGE_COLUMNS} from expected_edges`,
  },
  {
    name: 'event_refs',
    stored: 'select ref_id, event_id from event_refs',
    expected: 'select ref_id, event_id from expected_refs',
  },
  {
    name: 'postings',
    stored: `select ${POSTING_COLUMNS} from postings`,
    expected: `select ${POSTING_COLUMNS} from expected_postings`,
  },
  {
    name: 'balances',
    stored:
      'select account_id, batch_id, grams, pieces, dry_grams from balances where (grams, pieces, dry_grams) <> (0, 0, 0)',
    expected: `select account_id, batch_id, ${SUMS} from expected_postings group by 1, 2 having (sum(grams), sum(pieces), sum(dry_grams)) <> (0, 0, 0)`,
  },
  {
    name: 'monthly_balances',
    stored: 'select account_id, month, grams, pieces, dry_grams from monthly_balances',
    expected: `select account_id, to_char(occurred_at at time zone 'UTC', 'YYYY-MM'), ${SUMS} from expected_postings group by 1, 2`,
  },
  {
    name: 'audience',
    stored: 'select scope, kind, stage, id, stream from audience',
    expected: 'select scope, kind, stage, id, stream from expected_audience',
  },
  {
    name: 'manifest_legs',
    stored: `select ${LEG_COLUMNS} from manifest_legs`,
    expected: `select ${LEG_COLUMNS} from expected_legs`,
  },
  {
    name: 'site_flows',
    stored: `select ${FLOW_KEYS}, ${FLOW_COLUMNS.join(', ')} from site_flows where (${FLOW_COLUMNS.join(', ')}) <> (${FLOW_COLUMNS.map(() => 0).join(', ')})`,
    expected: `select * from (select ${FLOW_KEYS}, ${FLOW_COLUMNS.map((name) => `sum(${name})::bigint as ${name}`).join(', ')} from expected_flows group by ${FLOW_KEYS}) f
      where (${FLOW_COLUMNS.join(', ')}) <> (${FLOW_COLUMNS.map(() => 0).join(', ')})`,
  },
  {
    name: 'permit_uses',
    stored: 'select permit_id, period, reserved_grams, used_grams from permit_uses',
    expected:
      'select permit_id, period, sum(reserved_grams)::bigint, sum(used_grams)::bigint from expected_permit_uses group by 1, 2',
  },
  {
    name: 'permit_use_manifests',
    stored: 'select permit_id, manifest_id, period, reserved_grams, used_grams from permit_use_manifests',
    expected:
      'select permit_id, manifest_id, period, sum(reserved_grams)::bigint, sum(used_grams)::bigint from expected_permit_uses group by 1, 2, 3',
  },
  {
    name: 'the sum of every event in the ledger',
    stored: `select event_id, ${SUMS} from postings group by 1 having (sum(grams), sum(pieces), sum(dry_grams)) <> (0, 0, 0)`,
    expected: 'select null::uuid, 0::bigint, 0, 0::bigint where false',
  },
];

export async function compareRows(
  client: pg.Client,
  { name, stored, expected }: (typeof COMPARISONS)[number],
  report: (difference: string) => void,
): Promise<void> {
  for (const [left, right, words] of [
    [stored, expected, 'is stored but does not follow from the events'],
    [expected, stored, 'follows from the events but is not stored'],
  ]) {
    const { rows } = await client.query<Record<string, unknown>>(`(${left}) except (${right}) limit 5`);
    for (const row of rows) report(`${name}: ${JSON.stringify(row)} ${words}`);
  }
}
