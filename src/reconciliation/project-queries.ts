import type { PermitType } from '../permits/tables.ts';
import type { Lookup } from '../platform/acts.ts';
import type { MonthFlow } from './rules/facts.ts';

/** Projects, their months, and permits by the periods they are counted in: facts for the judges, and whom a receipt makes them look at. */
/** What left a site in a month. Key: site, month. */
export const monthFlowLookup: Lookup<MonthFlow> = {
  name: 'month-flow',
  gated: false,
  sql: `select k.key, f.trips, f.settled, f.density, f.accepted, f.refused from unnest($1::text[]) as k(key) cross join lateral (
      select coalesce(sum(trips), 0)::bigint as trips, coalesce(sum(settled_grams), 0)::bigint as settled,
        coalesce(sum(density_grams), 0)::bigint as density,
        coalesce(sum(accepted_grams), 0)::bigint as accepted, coalesce(sum(refused_grams), 0)::bigint as refused
      from site_flows where site_id = split_part(k.key, ' ', 1)::uuid and direction = 'out'
        and day >= split_part(k.key, ' ', 2) || '-01' and day <= split_part(k.key, ' ', 2) || '-31'
    ) f`,
  read: ([row]) => ({
    trips: (row?.[1] ?? 0) as number,
    settledGrams: (row?.[2] ?? 0) as number,
    densityGrams: (row?.[3] ?? 0) as number,
    acceptedGrams: (row?.[4] ?? 0) as number,
    refusedGrams: (row?.[5] ?? 0) as number,
  }),
};

/** What a waking is about. */
export interface Woken {
  readonly subjectId: string;
  readonly eventId: string;
  /** Those that are woken in this way. */
  readonly rules: readonly string[];
}

/** Permits of a type, each with the periods in which it counts more, or less, than before. */
export function permitsCounted(type: PermitType) {
  return {
    text: `select distinct (u->>'permitId')::uuid as id, u->>'period' as period from custody_events e
      cross join lateral jsonb_array_elements(e.canonical::jsonb #> '{data,permits}') u
      where e.id = $1 and u->>'type' = $2 and (u->>'usedGrams')::bigint <> 0`,
    values: ({ eventId }: Woken) => [eventId, type],
  };
}

/** A permit that runs over its validity, in the one period it has. */
export const VALIDITY = {
  text: "select $1::uuid as id, 'validity' as period",
  values: ({ subjectId }: Woken) => [subjectId],
};

/** The project a load came from, with the month it left in. */
export const PROJECT_MONTHS = {
  text: `select project_id as id, to_char(picked_up_at at time zone 'Asia/Shanghai', 'YYYY-MM') as period from manifests
    where id = $1 and project_id is not null and picked_up_at is not null`,
  values: ({ subjectId }: Woken) => [subjectId],
};
