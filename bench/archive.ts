import type pg from 'pg';
import type { Account } from '../src/custody/ledger.ts';
import { accountOf, type Place } from '../src/custody/ledger.ts';
import { openDatabase } from '../src/platform/connections.ts';
import { ensurePartitions } from '../src/platform/partitions.ts';
import { STATEMENTS } from './archive-statements.ts';
import type { Bench } from './bench.ts';
import { type City, WASTES } from './loads.ts';
import { withClient } from './postgres.ts';

/** A city of this kind makes about as many manifests a year: ten times the archive is ten times the years. */
const MANIFESTS_PER_YEAR = 100_000;
const YEAR_MS = 365 * 86_400_000;

/**
 * A database with an archive of that many manifests, loaded by SQL: manifests, audience, batches, accounts, balances,
 * monthly balances and postings as the journal would have left them, in the order of their time. Events, keys, tickets
 * and edges are left out: no read measured here looks at them.
 * @returns its URL.
 */
export async function loadArchive(bench: Bench, name: string, manifests: number): Promise<string> {
  const { postgres, city, cityDatabase } = bench;
  const url = await postgres.clone(cityDatabase, name);
  const now = new Date();
  const begins = new Date(now.getTime() - (manifests / MANIFESTS_PER_YEAR) * YEAR_MS);
  await makePartitions(url, begins, now);
  await withClient(url, async (client) => {
    await client.query('set timezone to UTC');
    await makeActors(client, city);
    for (const { what, sql, takesSize } of STATEMENTS) {
      bench.say(`archive of ${manifests.toLocaleString('en')}: ${what}`);
      await client.query(sql, takesSize ? [manifests, begins, now] : []);
    }
    bench.say(`archive of ${manifests.toLocaleString('en')}: vacuum analyze`);
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  });
  return url;
}

/** A partition a month, as the service would have made them while it ran all that time. */
async function makePartitions(url: string, from: Date, to: Date): Promise<void> {
  const { pool } = openDatabase(url, 1);
  const month = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), 1));
  for (; month < to; month.setUTCMonth(month.getUTCMonth() + 1)) await ensurePartitions(pool, month);
  await pool.end();
}

async function makeActors(client: pg.Client, city: City): Promise<void> {
  const numbered = (rows: readonly object[]) => JSON.stringify(rows.map((row, n) => ({ n, ...row })));
  await client.query(
    'create temp table producers as select * from jsonb_to_recordset($1) as p(n int, "partyId" uuid, "siteId" uuid, region text)',
    [numbered(city.producers)],
  );
  await client.query(
    'create temp table plants as select * from jsonb_to_recordset($1) as p(n int, "partyId" uuid, "siteId" uuid, region text)',
    [numbered(city.plants)],
  );
  await client.query(
    'create temp table carriers as select * from jsonb_to_recordset($1) as p(n int, "partyId" uuid, plate text)',
    [numbered(city.carriers)],
  );
  await client.query(
    'create temp table wastes as select * from jsonb_to_recordset($1) as p(n int, "wasteCode" text, name text, form text, hazards jsonb, packaging text)',
    [numbered(WASTES)],
  );
  await client.query(
    'create temp table ledger as select * from jsonb_to_recordset($1) as a(id uuid, role text, "partyId" uuid, "siteId" uuid, "wasteCode" text, "ownerId" uuid)',
    [JSON.stringify(accountsOf(city))],
  );
  await client.query('analyze ledger');
}

/** Every account a load between any of these parties can touch. */
function accountsOf({ producers, carriers, plants }: City): Account[] {
  const places: Place[] = [];
  for (const { partyId: owner, siteId } of producers) {
    places.push(['generated', owner, siteId, owner], ['stock', owner, siteId, owner]);
    for (const carrier of carriers) places.push(['in_transit', carrier.partyId, null, owner]);
    for (const plant of plants) {
      places.push(['consignee_hold', plant.partyId, plant.siteId, owner]);
      places.push(['weighing_difference', plant.partyId, plant.siteId, owner]);
    }
  }
  for (const { partyId, siteId } of plants) places.push(['stock', partyId, siteId, partyId]);
  return places.flatMap((place) => WASTES.map(({ wasteCode }) => accountOf(place, wasteCode)));
}
