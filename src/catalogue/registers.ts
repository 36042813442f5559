import { and, desc, eq, gt, isNull, lt, lte, or } from 'drizzle-orm';
import type { Lookup } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { registerKind } from '../platform/register.ts';
import type { StateOf } from '../platform/subjects.ts';
import type { PolicyRow } from './policies.ts';
import { policies } from './tables.ts';

/** The register of policy rows: its kind, the lookup that keeps rows from overlapping, and its reads. */
export const policyKind = registerKind('policy', policies);
export type PolicyState = StateOf<typeof policies>;

/** Rows that may not be in force on the same day share this name. */
export const policyKey = (row: Pick<PolicyRow, 'policy' | 'jurisdiction' | 'stream'>): string =>
  `policy ${row.policy} ${row.jurisdiction} ${row.stream}`;

export interface DatedRow {
  readonly id: string;
  readonly inForceFrom: string;
  readonly inForceTo: string | null;
}

/** Gated: two rows entered at the same moment must see each other. */
export const policyRowsLookup: Lookup<readonly DatedRow[]> = {
  name: 'policy-rows',
  gated: true,
  sql: `select k.key, p.id, p.in_force_from, p.in_force_to
    from unnest($1::text[]) as k(key)
    join policies p on 'policy ' || p.policy || ' ' || p.jurisdiction || ' ' || p.stream = k.key
    order by p.in_force_from`,
  read: (rows) =>
    rows.map(([, id, inForceFrom, inForceTo]) => ({
      id: id as string,
      inForceFrom: inForceFrom as string,
      inForceTo: inForceTo as string | null,
    })),
};

const POLICY = {
  id: policies.id,
  version: policies.seq,
  policy: policies.policy,
  jurisdiction: policies.jurisdiction,
  stream: policies.stream,
  value: policies.value,
  looksAt: policies.looksAt,
  place: policies.place,
  basis: policies.basis,
  ours: policies.ours,
  inForceFrom: policies.inForceFrom,
  inForceTo: policies.inForceTo,
};

export interface PolicyFilter {
  readonly policy?: string | undefined;
  readonly jurisdiction?: string | undefined;
  /** Only rows in force on this day. */
  readonly day?: string | undefined;
}

/** Newest first, at most `limit`. */
export const listPolicies = (
  { orm }: Database,
  page: { readonly after: string; readonly limit: number },
  { policy, jurisdiction, day }: PolicyFilter,
) =>
  orm
    .select(POLICY)
    .from(policies)
    .where(
      and(
        lt(policies.id, page.after),
        policy === undefined ? undefined : eq(policies.policy, policy),
        jurisdiction === undefined ? undefined : eq(policies.jurisdiction, jurisdiction),
        day === undefined
          ? undefined
          : and(lte(policies.inForceFrom, day), or(isNull(policies.inForceTo), gt(policies.inForceTo, day))),
      ),
    )
    .orderBy(desc(policies.id))
    .limit(page.limit);

export async function findPolicy({ orm }: Database, id: string) {
  const [row] = await orm.select(POLICY).from(policies).where(eq(policies.id, id));
  return row;
}
