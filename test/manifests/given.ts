import { randomBytes } from 'node:crypto';
import { type Answer, type Caller, callerWith, ok, WASTE_CODE, type World } from '../support/world.ts';

/** What the manifest cases put together again and again. */
export const at = (world: World, minutes = 0): string =>
  new Date(world.clock.now().getTime() + minutes * 60_000).toISOString();

export async function aParty(
  world: World,
  { capacities = ['consignee'], role = 'member', ...more }: { capacities?: string[]; role?: string } & object = {},
): Promise<Caller> {
  const { id } = ok(await world.admin.post('/v1/parties', { name: '某单位', region: '370102', capacities, ...more }));
  const { apiKey } = ok(await world.admin.post('/v1/api-keys', { partyId: id, role, label: 'test' }));
  return callerWith(world.app, apiKey, id);
}

export const aRegulator = (world: World, region: string, streams: readonly string[] = ['hazardous']): Promise<Caller> =>
  aParty(world, { capacities: ['regulator'], role: 'regulator', jurisdiction: { region, streams } } as never);

export const aSite = async (caller: Caller, region: string): Promise<string> =>
  ok(await caller.post('/v1/sites', { partyId: caller.partyId, name: '某场所', region })).id;

export const aLicence = async (world: World, holder: Caller, changes: object = {}): Promise<string> =>
  ok(
    await world.admin.post('/v1/permits', {
      type: 'licence',
      number: `test-${randomBytes(6).toString('hex')}`,
      holderId: holder.partyId,
      wasteCodes: ['HW08'],
      validFrom: '2024-01-01',
      validTo: '2029-01-01',
      ...changes,
    }),
  ).id;

export const aLine = (changes: object = {}): object => ({
  wasteCode: WASTE_CODE,
  name: '废矿物油',
  form: 'liquid',
  hazards: ['T', 'I'],
  packaging: 'tank',
  massGrams: 1_000_000,
  plannedMethod: 'D10',
  ...changes,
});

export const aDraft = async (world: World, changes: object = {}): Promise<string> =>
  ok(await world.consignor.post('/v1/manifests', world.draftBody({ lines: [aLine()], ...changes }))).id;

/** Drafted and issued, over whatever stock there is. */
export async function anIssued(world: World, changes: object = {}): Promise<{ id: string; number: string }> {
  const id = await aDraft(world, changes);
  return { id, number: ok(await world.consignor.post(`/v1/manifests/${id}/issue`)).number };
}

export const pickUp = (world: World, id: string, lines: readonly object[], changes: object = {}): Promise<Answer> =>
  world.carrier.post(`/v1/manifests/${id}/pickup`, { occurredAt: at(world), plate: world.plate, lines, ...changes });

export const arrive = (world: World, id: string, changes: object = {}): Promise<Answer> =>
  world.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(world), ...changes });

export const receive = (world: World, id: string, lines: readonly object[], changes: object = {}): Promise<Answer> =>
  world.consignee.post(`/v1/manifests/${id}/receipt`, { occurredAt: at(world), lines, ...changes });

export const codesOf = (answer: Answer): string[] =>
  answer.body.warnings.map((warning: { code: string }) => warning.code);

export interface Held {
  readonly role: string;
  readonly batchId: string;
  readonly line: number | null;
  readonly grams: number;
  readonly pieces: number;
}

/** What a manifest's acts have left in each account, batch by batch; empty accounts are left out. */
export async function heldBy(world: World, manifestId: string): Promise<Held[]> {
  const { rows } = await world.service.database.pool.query<Held>(
    `select a.role, p.batch_id as "batchId", p.line, sum(p.grams)::bigint as grams, sum(p.pieces)::bigint as pieces
     from postings p join accounts a on a.id = p.account_id where p.manifest_id = $1
     group by a.role, p.batch_id, p.line having sum(p.grams) <> 0 or sum(p.pieces) <> 0 order by a.role, p.line, p.batch_id`,
    [manifestId],
  );
  return rows;
}

export const gramsIn = (held: readonly Held[], role: string): number =>
  held.filter((row) => row.role === role).reduce((sum, row) => sum + row.grams, 0);
export const piecesIn = (held: readonly Held[], role: string): number =>
  held.filter((row) => row.role === role).reduce((sum, row) => sum + row.pieces, 0);

export const remainingOf = async (world: World, batchId: string): Promise<number> =>
  ok(await world.consignor.get(`/v1/batches/${batchId}`)).remainingGrams;

/** How much was ever written: what a refusal must not change. */
export async function written(world: World): Promise<{ events: number; postings: number; reports: number }> {
  const { rows } = await world.service.database.pool.query<{ events: number; postings: number; reports: number }>(
    'select (select count(*) from custody_events) as events, (select count(*) from postings) as postings, (select count(*) from unmatched_reports) as reports',
  );
  return rows[0]!;
}

/** The problem without what names the case. */
export const shapeOf = ({ body }: Answer): object => ({
  keys: Object.keys(body).sort(),
  type: body.type,
  status: body.status,
  title: body.title,
});
