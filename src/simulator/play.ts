import { type Client, client, everyItem, Refused } from './client.ts';
import type { Found } from './compare.ts';
import { HOUR } from './days.ts';
import type { History } from './history.ts';
import { type Parameters, type PolicyRow, parametersFrom, type RuleRow } from './parameters.ts';
import { type Registration, registrationsOf } from './registrations.ts';
import type { Report } from './report.ts';
import { reportsOf } from './reports.ts';

/**
 * Tells the history to a service: through HTTP, in the order in which it is told, on a clock that only this play moves.
 * What else it needs of the service stands here; whoever starts the service gives it.
 */
export interface Stage {
  readonly baseUrl: string;
  readonly adminKey: string;
  /** Moves the service's clock ahead. */
  setClock(at: number): void;
  /** When the next job falls due that is not due yet; undefined when none waits. */
  nextDueAt(): Promise<number | undefined>;
  /** Waits until every job that is due has been done. @throws Error when that takes too long. */
  jobsDone(): Promise<void>;
}

export interface Played {
  /** By the names of the history. */
  readonly ids: ReadonlyMap<string, string>;
  readonly apiKeys: ReadonlyMap<string, string>;
  readonly requests: number;
  /** What the service remarked on, by the key of the report. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

export type Progress = (done: number, all: number, at: number) => void;

/** What is told within an hour is told at once where it does not depend on each other. */
const STEP = HOUR;
const REGISTERING_AT_ONCE = 16;

/** When the clock must stand before anything is told: everybody registers first. */
export const beginningOf = (history: History): number =>
  Math.min(history.from, ...reportsOf(history).map(({ at }) => at)) - HOUR;

/** @throws Refused when a report is refused that should not be, or Error when it is accepted and should not be. */
export async function play(history: History, stage: Stage, progress: Progress = () => {}): Promise<Played> {
  const reports = reportsOf(history);
  const ids = new Map<string, string>();
  const warnings = new Map<string, string[]>();
  const apiKeys = new Map<string, string>();
  const admin = client(stage.baseUrl, stage.adminKey, `sim-${history.seed}`);
  const waves = registrationsOf(history);
  for (const wave of waves) await inChunks(wave, (one) => register(admin, one, ids, apiKeys));
  const clients = new Map([...apiKeys].map(([ref, key]) => [ref, admin.as(key)]));
  for (let told = 0; told < reports.length; ) {
    const from = reports[told]!.at;
    const due = await stage.nextDueAt();
    if (due !== undefined && due <= from) {
      stage.setClock(due);
      await stage.jobsDone();
      continue;
    }
    const before = Math.min(from + STEP - (from % STEP), due ?? Number.POSITIVE_INFINITY);
    const step = until(
      reports.slice(told).filter(({ at }) => at < before),
      isLate,
    );
    stage.setClock(step.at(-1)!.at);
    await tellAll(step, (report) => tell(clients.get(report.by)!, report, ids, warnings));
    await stage.jobsDone();
    told += step.length;
    progress(told, reports.length, step.at(-1)!.at);
  }
  await rest(stage, history.until);
  return { ids, apiKeys, warnings, requests: reports.length + waves.flat().length };
}

/** From what is entered afterwards the patience with its next page is counted: it is told at its own instant. */
const isLate = ({ body }: Report): boolean => body.entryMode !== undefined && body.entryMode !== 'live';

/** Up to the first of that kind. */
function until<Item>(items: readonly Item[], isLast: (item: Item) => boolean): readonly Item[] {
  const at = items.findIndex(isLast);
  return at < 0 ? items : items.slice(0, at + 1);
}

/** Deadlines go on falling due until the end. */
async function rest(stage: Stage, until: number): Promise<void> {
  for (let due = await stage.nextDueAt(); due !== undefined && due <= until; due = await stage.nextDueAt()) {
    stage.setClock(due);
    await stage.jobsDone();
  }
  stage.setClock(until);
  await stage.jobsDone();
}

async function register(
  admin: Client,
  { path, body, names, by, keyOf }: Registration,
  ids: Map<string, string>,
  apiKeys: Map<string, string>,
): Promise<void> {
  const as = by === undefined ? admin : admin.as(apiKeys.get(by)!);
  const answer = await as.post(
    path,
    filled(body, ids) as object,
    `sim-${names.replaceAll(/[^\w-]/g, '_')}-${path.slice(4)}`,
  );
  ids.set(names, answer.id);
  if (keyOf) apiKeys.set(keyOf, answer.apiKey as string);
}

async function tell(
  as: Client,
  { path, body, key, names = {}, refusedWith }: Report,
  ids: Map<string, string>,
  warnings: Map<string, string[]>,
): Promise<void> {
  try {
    const answer = await as.post(filled(path, ids) as string, filled(body, ids) as object, key);
    if (refusedWith) throw new Error(`${path} (${key}) was accepted; the law asks for a refusal`);
    for (const [name, where] of Object.entries(names)) {
      const value = where.split('.').reduce<unknown>((part, step) => (part as Record<string, unknown>)?.[step], answer);
      if (typeof value === 'string') ids.set(name, value);
    }
    const said = (answer.warnings ?? []) as readonly { readonly code: string }[];
    if (said.length > 0)
      warnings.set(
        key,
        said.map(({ code }) => code),
      );
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== refusedWith) throw error;
  }
}

/** Each report as soon as those before it in its chains are told. */
async function tellAll(reports: readonly Report[], one: (report: Report) => Promise<void>): Promise<void> {
  const last = new Map<string, Promise<void>>();
  const all = reports.map((report) => {
    const before = Promise.all(report.chains.map((chain) => last.get(chain)));
    const told = before.then(() => one(report));
    for (const chain of report.chains) last.set(chain, told);
    return told;
  });
  await Promise.all(all);
}

async function inChunks<Item>(items: readonly Item[], one: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await one(item);
  };
  await Promise.all(Array.from({ length: REGISTERING_AT_ONCE }, worker));
}

/** Every `@name` by its id. @throws Error when nobody has given that name an id. */
function filled(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(one, ids));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, ids)]));
  if (typeof value !== 'string') return value;
  return value.replaceAll(/@(\w+)/g, (_, name: string) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`nobody is called ${name} yet`);
    return id;
  });
}

interface Anomaly {
  readonly rule: string;
  readonly severity: string;
  readonly subject: { readonly kind: string; readonly id: string };
  /** Of rules that judge a year. */
  readonly period?: string | null;
  readonly partyIds: readonly string[];
  readonly summary: string;
  readonly status: string;
}

/** What the service holds against whom at the end, under the names of the history. */
export async function foundBy({ ids, apiKeys }: Played, { baseUrl }: Stage, regulatorRef: string): Promise<Found[]> {
  const regulator = client(baseUrl, apiKeys.get(regulatorRef)!, 'read');
  const anomalies = await everyItem<Anomaly>(regulator, '/v1/anomalies');
  const names = new Map([...ids].map(([name, id]) => [id, name]));
  return anomalies
    .filter(({ status }) => status === 'open' || status === 'ended')
    .map(({ rule, severity, summary, ...about }) => ({
      rule,
      severity,
      summary,
      subject: nameOf(about, summary, names),
    }));
}

/** A store has no name of its own in the API: whose it is and which waste, as the anomaly tells them, are one here. */
function nameOf(
  { subject, period, partyIds }: Pick<Anomaly, 'subject' | 'period' | 'partyIds'>,
  summary: string,
  names: ReadonlyMap<string, string>,
): string {
  const known = names.get(subject.id);
  if (known) return period ? `${known} ${period}` : known;
  const [party, code] = [names.get(partyIds[0] ?? ''), /\d{3}-\d{3}-\d{2}/.exec(summary)?.[0]];
  return subject.kind === 'account' && party && code ? `stock ${party}site ${code}` : `${subject.kind} ${subject.id}`;
}

export interface Published {
  readonly parameters: Parameters;
  /** The rules it judges by. */
  readonly rules: readonly string[];
}

/** The rules and their numbers as the service publishes them. */
export async function publishedBy({ baseUrl, adminKey }: Stage, day: string): Promise<Published> {
  const admin = client(baseUrl, adminKey, 'read');
  const policies = await everyItem<PolicyRow>(admin, `/v1/policies?day=${day}`);
  const rules = await everyItem<RuleRow>(admin, `/v1/rules?day=${day}`);
  return { parameters: parametersFrom(policies, rules), rules: [...new Set(rules.map(({ rule }) => rule))] };
}
