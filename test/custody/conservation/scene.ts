import type { Test } from 'tap';
import { aUscc } from '../../generation/given.ts';
import {
  type Answer,
  type Caller,
  callerWith,
  ok,
  START,
  startTestService,
  type TestService,
} from '../../support/world.ts';

/** Two oils that are easily taken for each other, and the fly ash that burning them leaves. */
/** Sewage sludge: of what is loaded and received of it the moisture is measured, or not. */
export const SLUDGE = '462-001-S90';
export const CODES = ['900-249-08', '900-214-08', '772-003-18'] as const;

/** Who takes part: owners, a park that keeps the waste of others, an agent, carriers, plants that send residues on. */
export interface Scene extends TestService {
  readonly regulator: Caller;
  readonly producers: readonly Caller[];
  readonly park: Caller;
  readonly agent: Caller;
  readonly carriers: readonly Caller[];
  readonly plants: readonly Caller[];
  readonly stranger: Caller;
  /** Party → its site. */
  readonly siteOf: ReadonlyMap<string, string>;
  readonly stores: readonly string[];
  readonly callers: ReadonlyMap<string, Caller>;
  /** What was wrong about an answer to any of them. */
  readonly wrong: readonly string[];
  /** What was asked of the service and answered, a line each. */
  readonly trace: readonly string[];
  /** The last event there was before anybody of the scene did anything. */
  readonly since: number;
}

/** A service that several scenes share, one after the other. */
export const aStage = (t: Pick<Test, 'teardown' | 'fail'>): Promise<TestService> => startTestService(t, START);

/** How often each act was accepted and refused, by its path. */
export type Tally = Map<string, { accepted: number; refused: number }>;

/** Written by jobs at their own time. */
const BY_JOBS = "type like 'anomaly%' or type = 'trip_difference_booked'";
/** A report that does not fit is kept as it is; a mistyped code is counted. */
const KEPT_OF_A_REFUSAL = ['unmatched_report', 'pickup_code_failed'];

/** A caller every answer to whom is looked at: what was refused has changed nothing, and nothing has failed. */
interface Notes {
  readonly wrong: string[];
  readonly trace: string[];
  readonly tally: Tally;
}

function watched(caller: Caller, { service }: TestService, { wrong, trace, tally }: Notes): Caller {
  const { pool } = service.database;
  const watch = async (path: string, sent: unknown, ask: () => Promise<Answer>): Promise<Answer> => {
    const before = await lastEvent(service);
    const answer = await ask();
    const { status, body } = answer;
    trace.push(`${path} ${JSON.stringify(sent)} → ${status} ${JSON.stringify(status < 400 ? body : body.detail)}`);
    const act = path.replace(/[0-9a-f-]{36}/, ':id');
    const count = tally.get(act) ?? { accepted: 0, refused: 0 };
    tally.set(act, count);
    count[status < 400 ? 'accepted' : 'refused'] += 1;
    if (status >= 500) wrong.push(`${path} ${JSON.stringify(sent)} answered ${status} ${JSON.stringify(body)}`);
    if (status < 400) return answer;
    const { rows } = await pool.query<{ type: string; postings: number }>(
      `select type, (select count(*)::int from postings p where p.event_id = e.id) as postings from custody_events e
       where ordinal > $1 and not (${BY_JOBS})`,
      [before],
    );
    for (const { type, postings } of rows)
      if (postings > 0 || !KEPT_OF_A_REFUSAL.includes(type))
        wrong.push(`${path} was refused with ${status} and left ${type}`);
    return answer;
  };
  return {
    ...caller,
    post: (path, body, headers) => watch(path, body, () => caller.post(path, body, headers)),
    put: (path, body, headers) => watch(path, body, () => caller.put(path, body, headers)),
  };
}

async function lastEvent({ database }: TestService['service']): Promise<number> {
  const { rows } = await database.pool.query<{ last: number }>(
    'select coalesce(max(ordinal), 0)::int as last from custody_events',
  );
  return rows[0]!.last;
}

export async function aScene(base: TestService, tally: Tally): Promise<Scene> {
  const admin = callerWith(base.app, base.adminKey);
  const since = await lastEvent(base.service);
  const notes: Notes = { wrong: [], trace: [], tally };
  const party = async (capacities: string[], more: { role?: string } & object = {}): Promise<Caller> => {
    const { role = 'member', ...body } = more;
    const { id } = ok(
      await admin.post('/v1/parties', { name: '某单位', region: '370102', capacities, uscc: aUscc(), ...body }),
    );
    const { apiKey } = ok(await admin.post('/v1/api-keys', { partyId: id, role, label: 'test' }));
    return callerWith(base.app, apiKey, id);
  };
  const watches = {
    role: 'regulator',
    uscc: null,
    jurisdiction: { region: '370000', streams: ['hazardous', 'sludge'] },
  };
  const [producerA, producerB, park, agent, first, second, third, near, far, stranger, regulator] = (await Promise.all([
    ...[1, 2].map(() => party(['producer'])),
    party(['producer', 'consignee']),
    party(['carrier']),
    ...[1, 2, 3].map(() => party(['carrier'])),
    ...[1, 2].map(() => party(['producer', 'consignee'])),
    party(['producer', 'carrier', 'consignee']),
    party(['regulator'], watches),
  ])) as [Caller, Caller, Caller, Caller, Caller, Caller, Caller, Caller, Caller, Caller, Caller];
  const siteOf = new Map<string, string>();
  const site = async (caller: Caller, region: string): Promise<void> => {
    const { id } = ok(await caller.post('/v1/sites', { partyId: caller.partyId, name: '某场所', region }));
    siteOf.set(caller.partyId, id);
  };
  await Promise.all([
    ...[producerA, producerB, park, near, stranger].map((caller) => site(caller, '370112')),
    site(far, '410102'),
  ]);
  const parkSite = siteOf.get(park.partyId)!;
  const terms = { validFrom: '2024-01-01', validTo: '2029-01-01' };
  const permit = (body: object) => admin.post('/v1/permits', { wasteCodes: ['HW08', 'HW18'], ...terms, ...body });
  const [stores] = await Promise.all([
    Promise.all(
      ['TS001', 'TS002'].map(async (code) => {
        const store = { siteId: parkSite, code, type: 'warehouse', shared: true };
        return ok(await park.post('/v1/stores', store)).id as string;
      }),
    ),
    park.post('/v1/tenancies', { siteId: parkSite, tenantId: producerB.partyId, validFrom: '2024-01-01' }).then(ok),
    producerA
      .post('/v1/delegations', {
        principalId: producerA.partyId,
        agentId: agent.partyId,
        acts: ['generation', 'draft', 'issue', 'void', 'pickup-confirmation'],
        ...terms,
      })
      .then(ok),
    ...[producerA, producerB, park, near].map(async ({ partyId: holderId }) =>
      ok(
        await permit({
          type: 'cross_province_approval',
          number: `c-${holderId}`,
          holderId,
          counterpartId: far.partyId,
          capGrams: 9_000_000,
          validFrom: '2026-01-01',
          validTo: '2027-01-01',
        }),
      ),
    ),
    ...[park, near, far].map(async ({ partyId: holderId }) =>
      ok(await permit({ type: 'licence', number: `l-${holderId}`, holderId, capGrams: 50_000_000 })),
    ),
    producerA
      .post('/v1/permits', {
        type: 'contract',
        number: `k-${producerA.partyId}`,
        holderId: producerA.partyId,
        counterpartId: near.partyId,
        wasteCodes: [],
        ...terms,
      })
      .then(ok),
  ]);
  const all = [producerA, producerB, park, agent, first, second, third, near, far, stranger, regulator];
  const callers = new Map(all.map((caller) => [caller.partyId, watched(caller, base, notes)]));
  const seen = ({ partyId }: Caller): Caller => callers.get(partyId)!;
  return {
    ...base,
    regulator: seen(regulator),
    producers: [producerA, producerB].map(seen),
    park: seen(park),
    agent: seen(agent),
    carriers: [first, second, third].map(seen),
    plants: [near, far].map(seen),
    stranger: seen(stranger),
    siteOf,
    stores,
    callers,
    ...notes,
    since,
  };
}
