/** The manifest whose remainder another was to carry on, found before the act that voids the other and locks both. */
import type pg from 'pg';

/** It is fixed with the draft. @returns nothing for a manifest that follows none, or is not there. */
export async function followedBy(pool: pg.Pool, id: string): Promise<{ readonly followsId?: string }> {
  const { rows } = await pool.query<{ followsId: string }>(
    'select follows_id as "followsId" from manifests where id = $1 and follows_id is not null',
    [id],
  );
  return rows[0] ?? {};
}
