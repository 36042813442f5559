import { openDatabase } from './platform/connections.ts';
import { migrateDatabase } from './platform/migrations.ts';
import { PROJECTIONS_VERSION, rebuild } from './rebuild.ts';

/**
 * Brings a database to this build: its tables, and its projections when an older build read the events differently.
 * Processes that start together wait for the first.
 * @throws Error as `migrateDatabase` does, or when the history itself is damaged.
 */
export async function upgradeDatabase(url: string): Promise<void> {
  await migrateDatabase(url);
  const { pool } = openDatabase(url);
  try {
    const { rows } = await pool.query<{ version: number | null }>('select max(version) as version from projections');
    if ((rows[0]!.version ?? 0) < PROJECTIONS_VERSION) await rebuild(url, { unlessMadeBy: PROJECTIONS_VERSION });
  } finally {
    await pool.end();
  }
}
