import type pg from 'pg';
import { listVisible, maySee, type Sight } from '../parties/visibility.ts';
import type { Lookup } from '../platform/acts.ts';
import { subjectsById } from '../platform/subjects.ts';
import { type Anomaly, anomalyKind } from './commands.ts';
import type { Weighing } from './rules/mass.ts';

/** Facts for the judges, and anomalies as they are read. No threshold stands here. */
export const weighingsLookup: Lookup<readonly Weighing[]> = {
  name: 'weighings',
  gated: false,
  sql: `select manifest_id, id, purpose, gross_grams, tare_grams, scale_division_grams from weigh_tickets
    where manifest_id = any($1::uuid[]) order by weighed_at, id`,
  read: (rows) =>
    rows.map(
      ([, id, purpose, grossGrams, tareGrams, scaleDivisionGrams]) =>
        ({ id, purpose, grossGrams, tareGrams, scaleDivisionGrams }) as Weighing,
    ),
};

export type AnomalyRow = Anomaly & { readonly version: number };

const anomaliesById = (pool: pg.Pool, ids: readonly string[]): Promise<AnomalyRow[]> =>
  subjectsById(pool, anomalyKind, ids);

export async function findAnomaly(pool: pg.Pool, sight: Sight, id: string): Promise<AnomalyRow | undefined> {
  const [anomaly] = await anomaliesById(pool, [id]);
  return anomaly && (await maySee(pool, sight, 'anomaly', id)) ? anomaly : undefined;
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
