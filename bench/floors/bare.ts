import Fastify from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import pg from 'pg';
import type { z } from 'zod';
import { Generation } from '../../src/generation/commands.ts';
import { Arrival, Draft, Issue, Pickup, Receipt } from '../../src/manifests/inputs.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { WeighTicketBody } from '../../src/transport/commands.ts';

/**
 * Floor (a): Fastify and pg and nothing between them. The same bodies on the same paths, validated by the same schemas;
 * each request is one named insert of one row as large as an event, committed on its own. No keys, no authentication,
 * no decision, no ledger. DATABASE_URL, POOL_MAX connections, EVENT_BYTES a row.
 */
const { DATABASE_URL, POOL_MAX = '8', EVENT_BYTES = '1000' } = process.env;

const BODIES: readonly (readonly [url: string, body: z.ZodType])[] = [
  ['/v1/generations', Generation],
  ['/v1/manifests', Draft],
  ['/v1/manifests/:id/issue', Issue],
  ['/v1/manifests/:id/pickup', Pickup],
  ['/v1/manifests/:id/arrival', Arrival],
  ['/v1/manifests/:id/receipt', Receipt],
  ['/v1/weigh-tickets', WeighTicketBody],
];

const TABLE_SQL = `create table if not exists bare_events (id uuid primary key, subject_id uuid not null, seq int not null, type text not null,
  bytes bytea not null, salt bytea not null, prev_hash bytea not null, hash bytea not null)`;
const INSERT_SQL = 'insert into bare_events values ($1, $2, $3, $4, $5, $6, $7, $8)';
const SALT = Buffer.alloc(16, 1);
const HASH = Buffer.alloc(32, 2);

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_MAX) });
await pool.query(TABLE_SQL);
const app = Fastify({ logger: false });
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(() => (data) => JSON.stringify(data));
for (const [url, body] of BODIES) {
  app.post(url, { schema: { body } }, async (request, reply) => {
    const id = newUuid(new Date());
    const bytes = Buffer.alloc(Number(EVENT_BYTES));
    bytes.write(JSON.stringify(request.body));
    await pool.query({
      name: 'bare-event',
      text: INSERT_SQL,
      values: [id, id, 1, request.routeOptions.url, bytes, SALT, HASH, HASH],
    });
    return reply.code(201).send({ id, version: 1 });
  });
}
const address = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${address}\n`);
process.once('SIGTERM', async () => {
  await app.close();
  await pool.end();
});
