import { statusOf } from '../../src/problems.ts';
import { type Answer, bookRead, type Caller, callerWith, jobsDone, ok, type TestService } from '../support/world.ts';
import { differencesFrom, rehearse } from './rehearsing.ts';
import { type Member, resolved, type Step, type Story } from './story.ts';

/** A story on its way: who may call, and what its names stand for by now. */
export interface Play {
  readonly story: Story;
  readonly service: TestService;
  readonly callers: Map<string, Caller>;
  readonly scope: Map<string, string>;
}

/** Brings the cast onto the stage through the API, as an administrator would. @throws Error with the problem. */
export async function stage(story: Story, service: TestService): Promise<Play> {
  const platform = callerWith(service.app, service.adminKey);
  const play: Play = { story, service, callers: new Map([['platform', platform]]), scope: new Map() };
  for (const [who, member] of Object.entries(story.cast)) await enter(play, who, member, platform);
  for (const [who, member] of Object.entries(story.cast)) if (member.papers) await signPapers(play, who, platform);
  return play;
}

/** What an orderly producer has before it issues: contracts with whom it deals, and a plan for what it generates (TM 10(1)–(2), 14). */
async function signPapers({ story, scope }: Play, who: string, platform: Caller): Promise<void> {
  const terms = { holderId: scope.get(who), validFrom: '2026-01-01', validTo: '2027-01-01' };
  const others = Object.entries(story.cast).filter(
    ([other, { is }]) => other !== who && is.some((one) => DEALERS.includes(one)),
  );
  for (const [other] of others) {
    const contract = { type: 'contract', number: `2026-${other}`, counterpartId: scope.get(other), wasteCodes: [] };
    ok(await platform.post('/v1/permits', { ...terms, ...contract }));
  }
  const wasteCodes = ['HW01', 'HW08', 'HW09', 'HW12', 'HW18', 'HW31', 'HW49'];
  ok(await platform.post('/v1/permits', { ...terms, type: 'management_plan', number: '2026', wasteCodes }));
}

const DEALERS = ['carrier', 'consignee'];

async function enter(play: Play, who: string, member: Member, platform: Caller): Promise<void> {
  const { scope } = play;
  const named = async (name: string, path: string, record: object): Promise<string> => {
    const body = resolved(record, scope, play.story.startsAt) as object;
    const { id } = ok(
      await platform.post(path, body).catch((error: Error) => Promise.reject(new Error(`${name}: ${error.message}`))),
    );
    scope.set(name, id);
    return id;
  };
  const admit = async (name: string, key: object): Promise<void> => {
    const { apiKey } = ok(await platform.post('/v1/api-keys', { label: 'story', partyId, ...key }));
    play.callers.set(name, callerWith(play.service.app, apiKey, partyId));
  };
  const { name, is: capacities, region, uscc, watches, streams } = member;
  const partyId = await named(who, '/v1/parties', {
    name,
    capacities,
    region,
    ...(uscc ? { uscc } : {}),
    ...(watches ? { jurisdiction: { region: watches, streams } } : {}),
  });
  await admit(who, { role: watches ? 'regulator' : 'member' });
  for (const [key, site] of Object.entries(member.sites))
    await named(`${who}.${key}`, '/v1/sites', { partyId, ...site });
  for (const [key, plate] of Object.entries(member.vehicles)) {
    await named(`${who}.${key}`, '/v1/vehicles', { partyId, plate });
    scope.set(`${who}.${key}`, plate);
  }
  for (const [key, driver] of Object.entries(member.drivers)) {
    const personId = await named(`${who}.${key}`, '/v1/people', { partyId, duties: ['driver'], name: driver });
    await admit(`${who}.${key}`, { role: 'driver', personId });
  }
  const [siteId] = Object.keys(member.sites).map((key) => scope.get(`${who}.${key}`));
  for (const [key, device] of Object.entries(member.devices)) {
    const deviceId = await named(`${who}.${key}`, '/v1/devices', { partyId, siteId, ...device });
    await admit(`${who}.${key}`, { role: 'device', deviceId });
  }
  for (const [key, permit] of Object.entries(member.permits))
    await named(`${who}.${key}`, '/v1/permits', { holderId: partyId, ...permit });
}

export interface Played {
  readonly request: string;
  readonly answer: Answer;
  /** Empty when it went as the story says. */
  readonly differences: readonly string[];
}

/** Does what has come due by the step's time, sends it, does what it woke, and keeps what it saves. @throws Error for a name that stands for nothing. */
export async function playStep(play: Play, step: Step & { readonly at: Date }): Promise<Played> {
  const { scope, callers, service } = play;
  service.clock.set(step.at);
  await jobsDone(service.service);
  const caller = callers.get(step.who);
  if (!caller) throw new Error(`${step.who} is not in the cast`);
  const [method = '', path = ''] = (resolved(step.act, scope, step.at) as string).split(/ (.*)/s);
  const body = step.body === undefined ? undefined : (resolved(step.body, scope, step.at) as object);
  const headers = {
    ...(step.key ? { 'idempotency-key': `story-${step.key}` } : {}),
    ...(step.ifMatch === undefined ? {} : { 'if-match': `"${step.ifMatch}"` }),
  };
  const rehearsed = await rehearse(service, caller, { method, path, body, headers });
  const answer = await send(caller, method, path, body, headers);
  if (/^\/v1\/(policies|rules)/.test(path) && method !== 'GET') await bookRead(service.service);
  await jobsDone(service.service);
  const differences = [
    ...differencesIn(answer, step, (value) => resolved(value, scope, step.at)),
    ...(rehearsed ? differencesFrom(rehearsed, answer) : []),
  ];
  if (differences.length === 0) keep(play, step, answer);
  const request = [step.act, `${method} ${path}`, ...(body ? [printed(body)] : [])].join('\n');
  return { request, answer, differences };
}

function send(caller: Caller, method: string, path: string, body: object | undefined, headers: Record<string, string>) {
  switch (method) {
    case 'GET':
      return caller.get(path, headers);
    case 'PUT':
      return caller.put(path, body, headers);
    case 'DELETE':
      return caller.delete(path, headers);
    default:
      return caller.post(path, body, headers);
  }
}

function keep({ scope }: Play, { save }: Step, { body }: Answer): void {
  const fields = typeof save === 'string' ? { [save]: 'id' } : (save ?? {});
  for (const [name, path] of Object.entries(fields)) {
    const value = path.split('.').reduce((whole, key) => whole?.[key], body);
    if (typeof value !== 'string') throw new Error(`the answer has no ${path} to save as ${name}: ${printed(body)}`);
    scope.set(name, value);
  }
}

function differencesIn(
  { status, body, headers }: Answer,
  { expect }: Step,
  means: (value: unknown) => unknown,
): string[] {
  const { problem, pointer, warnings, again, answer } = expect;
  const found: string[] = [];
  const wanted = problem === undefined ? [200, 201] : [statusOf(problem)];
  if (!wanted.includes(status)) found.push(`status: ${wanted.join(' or ')} expected, ${status} answered`);
  if (problem !== undefined) found.push(...compare(`/problems/${problem}`, body.type, 'type'));
  if (pointer !== undefined) found.push(...compare(pointer, body.errors?.[0]?.pointer, 'errors.0.pointer'));
  const codes = (body?.warnings ?? []).map((warning: { code: string }) => warning.code);
  found.push(...compare(warnings, codes, 'warnings'));
  if (again !== (headers['idempotency-replayed'] === 'true')) found.push(`again: ${again} expected`);
  return [...found, ...(answer === undefined ? [] : compare(means(answer), body, 'answer'))];
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/;

/** What of the expected is not there. Fields that are not named are free; instants are compared as instants. */
function compare(expected: unknown, actual: unknown, path: string): string[] {
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length !== actual.length)
    return [`${path}: ${expected.length} items expected, ${actual.length} answered`];
  if (Array.isArray(expected) && Array.isArray(actual))
    return expected.flatMap((item, index) => compare(item, actual[index], `${path}.${index}`));
  if (isRecord(expected) && isRecord(actual))
    return Object.entries(expected).flatMap(([key, value]) => compare(value, actual[key], `${path}.${key}`));
  const [left, right] = [expected, actual].map((value) =>
    typeof value === 'string' && INSTANT.test(value) ? new Date(value).getTime() : value,
  );
  return left === right ? [] : [`${path}: ${printed(expected)} expected, ${printed(actual)} answered`];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const printed = (value: unknown): string => JSON.stringify(value, null, 2) ?? 'nothing';
