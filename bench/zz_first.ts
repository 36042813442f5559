import { ensureDatabase } from '../src/platform/connections.ts';
import { migrateDatabase } from '../src/platform/migrations.ts';
import { buildCity } from './city.ts';
import { drive } from './measure.ts';
import { startPostgres, withClient } from './postgres.ts';
import { startServer } from './servers.ts';
const log = '/tmp/bench-server.log';
const profile = process.argv.includes('--profile');
const postgres = await startPostgres(profile ? { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' } : {});
try {
  const template = await ensureDatabase(postgres.serverUrl, 'city');
  let t = performance.now();
  const city = await buildCity(template);
  console.log('city', Math.round(performance.now() - t), 'ms');
  if (process.argv.includes('--warm')) {
    const server = await startServer({ script: 'src/main.ts', environment: { DATABASE_URL: template }, logFile: log });
    await drive({ port: server.port, connections: 64, work: { kind: 'loads', run: 'history', seed: 1, city }, nodePid: server.pid, postgresPid: postgres.pid, warmUpMs: 6000, windowMs: 100 });
    await new Promise((r) => setTimeout(r, 3000));
    await server.stop();
    await withClient(template, (c) => c.query('vacuum analyze'));
  }
  const variants: [string, Record<string,string>][] = profile ? [['d', {}]] : [['d', {}], ['b4', { JOURNAL_GROUP_MAX: '1', JOURNAL_LANES: '4' }], ['b8', { JOURNAL_GROUP_MAX: '1', JOURNAL_LANES: '8' }], ['b16', { JOURNAL_GROUP_MAX: '1', JOURNAL_LANES: '16' }]];
  for (let round = 0; round < (profile ? 1 : 2); round++) for (const [name, env] of variants) {
    const url = await postgres.clone('city', 'run');
    if (profile) await withClient(url, (c) => c.query('create extension if not exists pg_stat_statements'));
    const server = await startServer({ script: 'src/main.ts', environment: { DATABASE_URL: url, ...env }, logFile: log, nodeOptions: profile ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [] });
    if (profile) await withClient(url, (c) => c.query('select pg_stat_statements_reset()'));
    const m = await drive({ port: server.port, connections: 64, work: { kind: 'loads', run: `${name}${round}`, seed: 7 + round, city }, nodePid: server.pid, postgresPid: postgres.pid, warmUpMs: 2500, windowMs: 6000 });
    const pending = await withClient(url, async (c) => (await c.query("select state, count(*) from outbox group by 1")).rows);
    console.log(name, JSON.stringify(m), JSON.stringify(pending));
    if (profile) {
      const rows = await withClient(url, async (c) => (await c.query("select calls, round(total_exec_time::numeric,0) ms, round((total_plan_time)::numeric,0) plan_ms, round((total_exec_time/calls)::numeric,3) per, rows, wal_bytes, shared_blks_hit, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) q from pg_stat_statements order by total_exec_time desc limit 40")).rows);
      for (const r of rows) console.log(Object.values(r).join(' | '));
    }
    await server.stop();
    const rows = await withClient(url, async (c) => (await c.query("select relname, n_tup_ins i, n_tup_upd u, n_tup_hot_upd h, n_tup_del d, seq_scan, seq_tup_read from pg_stat_user_tables where n_tup_ins+n_tup_upd+seq_tup_read>0 order by 1")).rows);
    if (round === 0 && name === 'd') for (const r of rows) console.log(Object.values(r).join(' | '));
  }
} finally { await postgres.stop(); }
