import type pg from 'pg';
import type { Facts as JournalFacts, Reference } from '../platform/acts.ts';
import { sha256 } from '../platform/events.ts';
import { type Policy, type PolicyRow, parsePolicyRows, RULES_BEGIN, resolvePolicyIf } from './policies.ts';
import { POLICIES, type PolicyName } from './policy-definitions.ts';
import { catalogueVersion } from './reference-files.ts';
import { ancestorsOn } from './regions.ts';
import type { Stream } from './streams.ts';

/**
 * What every act is judged with: the shipped reference files and the policy rows, as one snapshot in memory. Its
 * version goes into every event (`basedOn`), so that a judgement can be repeated with the facts it had.
 */
export interface PolicyBook extends Reference {
  /** The row in force for a place, a stream and a day. @throws Error when there is none, which the seeds rule out. */
  policy<Name extends PolicyName>(name: Name, at: PolicyPlace): Policy<Name>;
  /** The same, or undefined where the policy does not exist for the stream, or no row of it is in force there. */
  policyIf<Name extends PolicyName>(name: Name, at: PolicyPlace): Policy<Name> | undefined;
}

export interface PolicyPlace {
  readonly region: string;
  readonly stream: Stream;
  /** Asia/Shanghai. */
  readonly day: string;
}

export type Facts = JournalFacts<PolicyBook>;

export function policyBook(rows: readonly PolicyRow[]): PolicyBook {
  const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  const rowsHash = sha256(JSON.stringify(sorted)).toString('hex');
  const answered = new Map<string, Policy<PolicyName> | undefined>();
  const policyIf: PolicyBook['policyIf'] = (name, { region, stream, day }) => {
    const question = `${name} ${region} ${stream} ${day}`;
    if (answered.has(question)) return answered.get(question) as Policy<typeof name> | undefined;
    const judgedOn = lawOn(day);
    const found = resolvePolicyIf(rows, name, { ancestors: ancestorsOn(region, judgedOn), stream, day: judgedOn });
    if (answered.size < ANSWERS_MAX) answered.set(question, found as Policy<PolicyName> | undefined);
    return found;
  };
  return {
    version: `${catalogueVersion}.${rowsHash.slice(0, 12)}`,
    policyIf,
    policy(name, at) {
      return policyIf(name, at) ?? noPolicy(name, at);
    },
  };
}

function noPolicy(name: PolicyName, { stream, region, day }: PolicyPlace): never {
  throw new Error(`no policy ${name} for ${stream} in ${region} on ${day}`);
}

/** The day whose rows judge what happened on a day. */
export const lawOn = (day: string): string => (day < RULES_BEGIN ? RULES_BEGIN : day);

/** Few places, streams and days are asked for again and again. */
const ANSWERS_MAX = 100_000;

const ROWS_SQL = `select id, policy, jurisdiction, stream, value, looks_at as "looksAt", place, basis, ours, in_force_from as "inForceFrom", in_force_to as "inForceTo"
  from policies order by id`;

/** A row of a policy, or of a stream for it, that this build no longer has decides nothing. */
export async function loadPolicyBook(pool: pg.Pool): Promise<PolicyBook> {
  const { rows } = await pool.query<PolicyRow>(ROWS_SQL);
  return policyBook(parsePolicyRows(rows.filter(isKnown)));
}

const isKnown = ({ policy, stream }: PolicyRow): boolean =>
  policy in POLICIES && (stream === '*' || (POLICIES[policy].streams as readonly string[]).includes(stream));

export interface BookHolder<Book extends Reference> {
  current(): Book;
  refresh(): Promise<void>;
  stop(): void;
}

const REFRESH_MS = 1_000;

/** Keeps the snapshot current: another process may have amended a row. */
export async function holdBook<Book extends Reference>(
  load: () => Promise<Book>,
  log: { warn(fields: object, event: string): void },
): Promise<BookHolder<Book>> {
  let book = await load();
  const refresh = async () => {
    const next = await load();
    if (next.version !== book.version) book = next; // the same rows: what the book has answered stays known
  };
  const timer = setInterval(
    () => refresh().catch((error) => log.warn({ event: 'book_unread', err: error }, 'book_unread')),
    REFRESH_MS,
  );
  timer.unref();
  return { current: () => book, refresh, stop: () => clearInterval(timer) };
}
