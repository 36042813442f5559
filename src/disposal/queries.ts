import type pg from 'pg';
import { streamOfCodeSql } from '../catalogue/streams.ts';
import type { TreatmentKind } from '../catalogue/treatment-methods.ts';
import type { BatchOrigin } from '../custody/ledger.ts';
import { type ManifestRow, manifestsById } from '../manifests/queries.ts';
import type { LineBatch } from '../manifests/tables.ts';
import { subjectsById } from '../platform/subjects.ts';
import type { FateBatch, FateEdge, FateGraph, Load } from './fate.ts';
import { type Treatment, totalGrams, treatmentKind } from './treatment.ts';

/** A treatment with the version of its history. */
export type TreatmentRow = Treatment & { readonly version: number };

export const treatmentsById = (pool: pg.Pool, ids: readonly string[]): Promise<TreatmentRow[]> =>
  subjectsById(pool, treatmentKind, ids);

/** The containers that a treatment emptied; what went in never changes. */
export async function containersTreatedBy(pool: pg.Pool, id: string): Promise<string[]> {
  const [treatment] = await treatmentsById(pool, [id]);
  return (treatment?.inputs ?? []).flatMap(({ containerId }) => containerId ?? []);
}

/** Treatments of one site, newest first, in which a stream the caller watches went in (streamOfCode in catalogue/waste-codes.ts). */
export async function listTreatments(
  pool: pg.Pool,
  query: { siteId: string; streams: readonly string[] | null; below: string; rowsMax: number },
): Promise<TreatmentRow[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'treatments-of-site',
    text: `select id from treatments t where site_id = $1 and id < $2 and ($4::text[] is null or exists (
        select 1 from jsonb_array_elements(t.inputs) i where ${streamOfCodeSql("(i->>'wasteCode')")} = any($4)))
      order by id desc limit $3`,
    values: [query.siteId, query.below, query.rowsMax, query.streams],
  });
  const byId = new Map(
    (
      await treatmentsById(
        pool,
        rows.map(({ id }) => id),
      )
    ).map((row) => [row.id, row]),
  );
  return rows.flatMap(({ id }) => byId.get(id) ?? []);
}

export interface TreatedSum {
  readonly method: string;
  readonly treatmentKind: TreatmentKind;
  readonly selfTreatment: boolean;
  readonly wasteCode: string;
  readonly grams: number;
  readonly treatments: number;
}

/** What a site treated in a span of time, `from` counted and `to` not, by method and waste. Reversed records are left out. */
export async function treatedBy(pool: pg.Pool, siteId: string, from: Date, to: Date): Promise<TreatedSum[]> {
  const { rows } = await pool.query<TreatedSum>({
    name: 'treated-by',
    text: `select t.method, t.treatment_kind as "treatmentKind", t.self_treatment as "selfTreatment", i->>'wasteCode' as "wasteCode",
        sum((i->>'grams')::bigint)::bigint as grams, count(distinct t.id)::int as treatments
      from treatments t cross join jsonb_array_elements(t.inputs) i
      where t.site_id = $1 and t.ended_at >= $2 and t.ended_at < $3 and t.status = 'recorded' group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    values: [siteId, from, to],
  });
  return rows;
}

/** How far a fate is followed: from hand to hand, and how wide. What lies beyond is said to. */
export const DEPTH_MAX = 16;
export const BATCHES_MAX = 2_000;
const EDGES_MAX = 20_000;

/** Evaluated no further than the limit: one plain scan reads it. */
const REACH_SQL = `with recursive reach(id, depth) as (
    select id, 0 from unnest($1::uuid[]) as r(id)
    union
    select e.to_id, reach.depth + 1 from reach join batch_edges e on e.from_id = reach.id where reach.depth < ${DEPTH_MAX}
  ) select id from reach limit ${BATCHES_MAX}`;

/** What came into a batch that others became: corrections have since added to it or taken from it. */
const BATCHES_SQL = `select b.id, b.site_id as "siteId", coalesce(l.grams, 0) as "stockGrams",
    coalesce((select sum(e.grams)::bigint from batch_edges e where e.to_id = b.id), b.initial_grams) as "initialGrams"
  from batches b left join balances l on l.account_id = b.account_id and l.batch_id = b.id where b.id = any($1::uuid[])`;

/** A reversed treatment leaves edges whose sum is nothing. */
const EDGES_SQL = `select e.from_id as "fromId", e.to_id as "toId", sum(e.grams)::bigint as grams, b.origin, b.waste_code as "wasteCode", b.manifest_id as "manifestId"
  from batch_edges e join batches b on b.id = e.to_id where e.from_id = any($1::uuid[])
  group by 1, 2, 4, 5, 6 having sum(e.grams) > 0 order by 1, 2 limit ${EDGES_MAX}`;

/** What took from a batch refers to it. */
const USES_SQL = `select distinct r.ref_id as "batchId", e.type, e.subject_id as "subjectId" from event_refs r join custody_events e on e.id = r.event_id
  where r.ref_id = any($1::uuid[]) and e.type in ('picked_up', 'treatment_recorded') limit ${EDGES_MAX}`;

/** Whatever came of these batches. `complete` is false when a limit was met. */
export async function fateGraph(
  pool: pg.Pool,
  rootIds: readonly string[],
): Promise<FateGraph & { readonly complete: boolean }> {
  const reached = await pool.query<{ id: string }>({ name: 'fate-reach', text: REACH_SQL, values: [rootIds] });
  const ids = [...new Set(reached.rows.map(({ id }) => id))];
  const [batches, edges, uses] = await Promise.all([
    pool.query<Pick<FateBatch, 'id' | 'siteId' | 'initialGrams' | 'stockGrams'>>({
      name: 'fate-batches',
      text: BATCHES_SQL,
      values: [ids],
    }),
    pool.query<FateEdge & { fromId: string; origin: BatchOrigin }>({
      name: 'fate-edges',
      text: EDGES_SQL,
      values: [ids],
    }),
    pool.query<{ batchId: string; type: string; subjectId: string }>({
      name: 'fate-uses',
      text: USES_SQL,
      values: [ids],
    }),
  ]);
  const subjects = (type: string) => [
    ...new Set(uses.rows.filter((use) => use.type === type).map(({ subjectId }) => subjectId)),
  ];
  const [treatments, manifests] = await Promise.all([
    treatmentsById(pool, subjects('treatment_recorded')),
    manifestsById(pool, subjects('picked_up')),
  ]);
  const treated = sumsByBatch(treatments.filter(({ status }) => status === 'recorded').flatMap(treatedOf));
  const loaded = sumsByBatch(manifests.flatMap(loadsOf));
  const isComplete = edges.rows.length < EDGES_MAX && uses.rows.length < EDGES_MAX;
  const known = new Set(ids);
  const edgesFrom = grouped(edges.rows, ({ fromId }) => fromId);
  return {
    batches: new Map(
      batches.rows.map((batch) => [
        batch.id,
        {
          ...batch,
          treated: (treated.get(batch.id) ?? []).map(({ by, grams }) => ({ treatmentId: by, grams })),
          loaded: (loaded.get(batch.id) ?? []).map(({ by, ...load }): Load => ({ manifestId: by, ...load })),
          edges: edgesFrom.get(batch.id) ?? [],
        },
      ]),
    ),
    treatments: new Map(treatments.map(({ id, method, treatmentKind }) => [id, { method, treatmentKind }])),
    complete: isComplete && edges.rows.every(({ toId }) => known.has(toId)),
  };
}

interface Use {
  readonly batchId: string;
  /** The treatment or manifest that took it. */
  readonly by: string;
  readonly grams: number;
  readonly refusedGrams: number;
  readonly lostGrams: number;
  readonly closed: boolean;
}

const treatedOf = ({ id, inputs }: Treatment): Use[] =>
  inputs.map(({ batchId, grams }) => ({ batchId, by: id, grams, refusedGrams: 0, lostGrams: 0, closed: true }));

/** What a load came to, batch by batch; what was brought back or sent on from it is no longer of it. */
const loadsOf = ({ id, lines, status, remainders }: ManifestRow): Use[] =>
  lines.flatMap(({ line, loaded, lost, containers }) => {
    const partsIn = (...states: readonly string[]) =>
      remainders
        .filter(({ state }) => states.includes(state))
        .flatMap((remainder) => remainder.lines.filter((one) => one.line === line).flatMap(({ parts }) => parts));
    const [moved, kept] = [partsIn('returned', 'followed'), partsIn('held', 'returning')];
    // A container left as a whole: what its label said and the scale did not is missing on the scale.
    const labelled = new Map(containers.filter(({ joined }) => !joined).map((one) => [one.batchId, one.grams]));
    return loaded.map(({ batchId, grams }) => ({
      batchId,
      by: id,
      grams: (labelled.get(batchId) ?? grams) - gramsOfBatch(moved, batchId),
      refusedGrams: gramsOfBatch(kept, batchId),
      lostGrams: gramsOfBatch(lost, batchId),
      closed: status === 'received' || status === 'refused',
    }));
  });

const gramsOfBatch = (parts: readonly LineBatch[], batchId: string): number =>
  totalGrams(parts.filter((part) => part.batchId === batchId));

/** Two lines of a manifest may take from one batch. */
function sumsByBatch(uses: readonly Use[]): Map<string, Use[]> {
  const sums = grouped(uses, ({ batchId, by }) => `${batchId} ${by}`);
  const summed = [...sums.values()].map((same) => ({
    ...same[0]!,
    grams: totalGrams(same),
    refusedGrams: same.reduce((sum, { refusedGrams }) => sum + refusedGrams, 0),
    lostGrams: same.reduce((sum, { lostGrams }) => sum + lostGrams, 0),
  }));
  return grouped(summed, ({ batchId }) => batchId);
}

function grouped<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
