import { fileURLToPath } from 'node:url';
import type { Config } from './config.ts';
import { ensureDatabase, openSession } from './platform/connections.ts';
import { defaultDataDirectory, startEmbeddedPostgres } from './platform/embedded-postgres.ts';
import { forgetUnfinishedDemo } from './simulator/demo.ts';

/** The database of a service that was given none: where it lies, and how it is started and stopped. */
export interface OwnDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const NAME = 'liandan';

export const dataDirectoryOf = (config: Config): string => config.DATA_DIRECTORY ?? defaultDataDirectory(CHECKOUT);

/** @throws EmbeddedPostgresError when it cannot be started, or another process uses it. */
export async function startOwnDatabase(
  config: Config,
  log: (event: string, fields?: object) => void = () => {},
): Promise<OwnDatabase> {
  const directory = dataDirectoryOf(config);
  const postgres = await startEmbeddedPostgres({
    directory,
    log,
    settings: { max_locks_per_transaction: '256' },
    ...(config.EMBEDDED_PG_USER ? { runAs: config.EMBEDDED_PG_USER } : {}),
  });
  try {
    await forgetUnfinishedDemo(postgres.url, directory);
    return { url: await ensureDatabase(postgres.url, NAME), stop: postgres.stop };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** Nobody has ever registered anybody in it. */
export async function isUntouched(databaseUrl: string): Promise<boolean> {
  const session = await openSession(databaseUrl);
  try {
    const { rows } = await session.query<{ made: boolean }>("select to_regclass('parties') is not null as made");
    if (!rows[0]!.made) return true;
    const { rows: parties } = await session.query('select from parties limit 1');
    return parties.length === 0;
  } finally {
    await session.end();
  }
}
