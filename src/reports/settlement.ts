import type pg from 'pg';
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Stream } from '../catalogue/streams.ts';
import { csvLine } from './csv.ts';

/**
 * 结算: the manifests of a project, or of a haulier, that were settled in a month, for whoever pays by them. Not compliant, not paid: what is
 * still open, disputed, or lacks one of its two gate proofs is listed with the reason and counts nothing. Read page by page, so that a
 * month of any size costs the same memory; the same month gives the same totals until something in it is put right.
 */
export interface SettlementQuery {
  readonly projectId: string | null;
  readonly carrierId: string | null;
  /** The days on which loads left, half-open, as instants. */
  readonly from: Date;
  readonly to: Date;
  /** What the caller may see: where it stands on the manifest, at the site of its key, or, for a regulator, what starts or ends in these counties. */
  readonly partyId: string | null;
  readonly siteId: string | null;
  readonly regions: readonly string[] | null;
}

export interface SettlementRow {
  readonly id: string;
  readonly pickedUpAt: Date;
  readonly acceptedAt: Date | null;
  readonly number: string;
  readonly status: string;
  readonly plate: string | null;
  readonly wasteCode: string;
  readonly method: string;
  readonly loadedGrams: number;
  readonly acceptedGrams: number;
  readonly litres: number | null;
  readonly exitGate: boolean;
  readonly entryGate: boolean;
  readonly openAnomalies: number;
  readonly openCorrection: boolean;
}

const PAGE_ROWS = 500;

/**
 * How far outside the journey of a load the nearest pass of a lorry of it lies, in seconds; null where there is none. That it is near
 * enough says `trip-match-minutes`, as of every journey that is observed and declared.
 */
const SECONDS_APART = (direction: 'exit' | 'entry', of: 'first' | 'm', site: string) =>
  `(select min(greatest(0, extract(epoch from ${of}.picked_up_at - g.passed_at), extract(epoch from g.passed_at - coalesce(${of}.accepted_at, ${of}.picked_up_at))))
      from gate_passes g where g.manifest_id = ${of}.id and g.site_id = ${of}.${site} and g.direction = '${direction}'
        and exists (select from jsonb_array_elements(${of}.legs) leg where leg ->> 'plate' = g.plate))::float8`;

/** What carries on a remainder left its site with the first. */
const FIRST = `case when m.follows_id is null then m.id else (
    with recursive before (id, follows_id) as (
      select m.id, m.follows_id union all select f.id, f.follows_id from before b join manifests f on f.id = b.follows_id)
    select id from before where follows_id is null) end`;

/** One index each: of a project, or of a haulier, in the order in which loads left. */
const BY = { projectId: 'project_id', carrierId: 'carrier_id' } as const;
type By = keyof typeof BY;

const pageSql = (
  by: By,
) => `select m.id, m.picked_up_at as "pickedUpAt", m.accepted_at as "acceptedAt", m.number, m.status, m.legs -> 0 ->> 'plate' as plate,
    l ->> 'wasteCode' as "wasteCode", coalesce(l ->> 'method', l ->> 'plannedMethod') as method,
    coalesce((l ->> 'pickedUpGrams')::bigint, 0) as "loadedGrams", coalesce((l ->> 'acceptedGrams')::bigint, 0) as "acceptedGrams",
    coalesce(l #>> '{acceptedVolume,litres}', l #>> '{pickedUpVolume,litres}')::bigint as litres,
    m.stream, m.origin_region as "originRegion",
    ${SECONDS_APART('exit', 'first', 'consignor_site_id')} as "exitSeconds", ${SECONDS_APART('entry', 'm', 'consignee_site_id')} as "entrySeconds",
    (select count(*)::int from anomalies n where n.subject_id = m.id and n.status in ('open', 'ended')) as "openAnomalies",
    m.correction is not null as "openCorrection"
  from (
    select * from manifests where ${BY[by]} = $1 and project_id is not null and picked_up_at >= $2 and picked_up_at < $3
      and (picked_up_at, id) > ($4, $5) and status <> 'void' and ($6::uuid is null or carrier_id = $6)
      and ($7::uuid is null or $7 in (consignor_id, carrier_id, consignee_id))
      and ($8::uuid is null or $8 in (consignor_site_id, consignee_site_id))
      and ($9::text[] is null or origin_region = any($9) or destination_region = any($9))
    order by picked_up_at, id limit ${PAGE_ROWS}
  ) m cross join lateral (select * from manifests where id = ${FIRST} offset 0) first cross join lateral jsonb_array_elements(m.lines) l order by m.picked_up_at, m.id, (l ->> 'line')::int`;

interface Read extends Omit<SettlementRow, 'exitGate' | 'entryGate'> {
  readonly stream: Stream;
  readonly originRegion: string;
  readonly exitSeconds: number | null;
  readonly entrySeconds: number | null;
}

/** With what its gates prove by the policy of its day and place. */
function proven({ stream, originRegion: region, exitSeconds, entrySeconds, ...row }: Read, book: PolicyBook) {
  const day = dayInShanghai(row.pickedUpAt);
  const secondsMax = 60 * book.policy('trip-match-minutes', { region, stream, day }).value;
  const isNear = (seconds: number | null) => seconds !== null && seconds <= secondsMax;
  return { ...row, exitGate: isNear(exitSeconds), entryGate: isNear(entrySeconds) };
}

const NIL = '00000000-0000-0000-0000-000000000000';

async function* settlementRows(pool: pg.Pool, query: SettlementQuery, book: PolicyBook): AsyncGenerator<SettlementRow> {
  const { projectId, carrierId, from, to, partyId, siteId, regions } = query;
  const by: By = projectId === null ? 'carrierId' : 'projectId';
  let [at, id] = [from, NIL];
  for (;;) {
    const { rows } = await pool.query<Read>({
      name: `settlement-${by}`,
      text: pageSql(by),
      values: [projectId ?? carrierId, from, to, at, id, carrierId, partyId, siteId, regions],
    });
    yield* rows.map((row) => proven(row, book));
    const last = rows.at(-1);
    if (!last) return;
    [at, id] = [last.pickedUpAt, last.id];
  }
}

/** With its first page read, so that what goes wrong goes wrong before an answer has begun. */
export async function openSettlement(
  pool: pg.Pool,
  query: SettlementQuery,
  book: PolicyBook,
): Promise<AsyncIterable<SettlementRow>> {
  const rows = settlementRows(pool, query, book);
  const first = await rows.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* rows;
  })();
}

/** Why a load is not settled; undefined when it is. */
export function excludedBy(row: Omit<SettlementRow, 'id'>): string | undefined {
  if (row.status !== 'received' && row.status !== 'refused') return '联单未办结';
  if (row.status === 'refused') return '未接受';
  if (row.openCorrection) return '更正未了结';
  if (row.openAnomalies > 0) return '有未了结的异常';
  if (!row.exitGate && !row.entryGate) return '缺出场、进场门岗记录';
  if (!row.exitGate) return '缺出场门岗记录';
  return row.entryGate ? undefined : '缺进场门岗记录';
}

const COLUMNS = [
  '联单编号',
  '车牌',
  '废物代码',
  '去向方式',
  '方量（m³）',
  '装运（t）',
  '接受（t）',
  '出场时间',
  '接受时间',
  '出场门岗',
  '进场门岗',
  '未了结异常',
  '是否结算',
  '原因',
];

/** The file, line by line: UTF-8 with a byte order mark, as spreadsheets want it; a total of what is settled at its end. */
export async function* settlementFile(rows: AsyncIterable<SettlementRow>): AsyncGenerator<string> {
  yield `\uFEFF${csvLine(COLUMNS)}`;
  const total = { loads: 0, litres: 0, loadedGrams: 0, acceptedGrams: 0, excluded: 0 };
  for await (const row of rows) {
    const reason = excludedBy(row);
    if (reason === undefined) {
      total.loads += 1;
      total.litres += row.litres ?? 0;
      total.loadedGrams += row.loadedGrams;
      total.acceptedGrams += row.acceptedGrams;
    } else total.excluded += 1;
    yield csvLine([
      row.number,
      row.plate ?? '',
      row.wasteCode,
      row.method,
      row.litres === null ? '' : thousandths(row.litres),
      millionths(row.loadedGrams),
      millionths(row.acceptedGrams),
      row.pickedUpAt.toISOString(),
      row.acceptedAt?.toISOString() ?? '',
      yesNo(row.exitGate),
      yesNo(row.entryGate),
      yesNo(row.openAnomalies > 0),
      yesNo(reason === undefined),
      reason ?? '',
    ]);
  }
  yield csvLine([
    '合计',
    `${total.loads} 车`,
    '',
    '',
    thousandths(total.litres),
    millionths(total.loadedGrams),
    millionths(total.acceptedGrams),
    ...['', '', '', '', ''],
    `不结算 ${total.excluded} 车`,
    '',
  ]);
}

const yesNo = (is: boolean): string => (is ? '是' : '否');
/** Exact: integers, with the point put in. */
const thousandths = (litres: number): string => decimal(litres, 3);
const millionths = (grams: number): string => decimal(grams, 6);

function decimal(units: number, digits: number): string {
  const text = String(units).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
