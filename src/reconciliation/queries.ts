import type pg from 'pg';
import { type ManifestRow, manifestsById } from '../manifests/queries.ts';
import { listVisible, maySee, type Sight } from '../parties/visibility.ts';
import { readRow } from '../platform/subjects.ts';
import { weighTicketsOf } from '../transport/repository.ts';
import { type Anomaly, anomalyKind } from './commands.ts';
import type { Weighing } from './rules/mass.ts';

/** Facts for the judges, and anomalies as they are read. No threshold stands here. */
export async function massFactsOf(
  pool: pg.Pool,
  manifestId: string,
): Promise<{ manifest: ManifestRow; tickets: Weighing[]; events: string[] } | undefined> {
  const [manifest] = await manifestsById(pool, [manifestId]);
  if (!manifest?.issuedAt) return undefined;
  const { rows } = await pool.query<{ id: string }>({
    name: 'mass-evidence',
    text: "select id from custody_events where subject_id = $1 and type in ('picked_up', 'receipt_recorded') order by seq",
    values: [manifestId],
  });
  return { manifest, tickets: await weighTicketsOf(pool, manifestId), events: rows.map((row) => row.id) };
}

export type AnomalyRow = Anomaly & { readonly version: number };

export async function anomaliesById(pool: pg.Pool, ids: readonly string[]): Promise<AnomalyRow[]> {
  const { rows } = await pool.query<unknown[]>({
    name: 'anomalies-by-id',
    text: anomalyKind.selectSql,
    values: [ids],
    rowMode: 'array',
  } as pg.QueryArrayConfig);
  return rows.map((values) => {
    const { state, seq } = readRow(anomalyKind, values);
    return { ...(state as Anomaly), version: seq };
  });
}

export async function findAnomaly(pool: pg.Pool, sight: Sight, id: string): Promise<AnomalyRow | undefined> {
  const [anomaly] = await anomaliesById(pool, [id]);
  if (!anomaly || (sight.streams && !sight.streams.includes(anomaly.stream))) return undefined;
  return (await maySee(pool, sight, 'anomaly', id)) ? anomaly : undefined;
}

export interface AnomalyFilter {
  readonly stages: readonly string[];
  readonly rule: string | undefined;
  readonly severity: string | undefined;
  readonly below: string;
  readonly rowsMax: number;
}

export function listAnomalies(
  pool: pg.Pool,
  sight: Sight,
  { rule, severity, ...page }: AnomalyFilter,
): Promise<AnomalyRow[]> {
  return listVisible(pool, sight, {
    ...page,
    kind: 'anomaly',
    load: (ids) => anomaliesById(pool, ids),
    fits: (anomaly) =>
      (rule === undefined || anomaly.rule === rule) && (severity === undefined || anomaly.severity === severity),
  });
}
