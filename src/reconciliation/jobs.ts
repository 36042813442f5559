import { dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyName } from '../catalogue/policy-definitions.ts';
import { NATION } from '../catalogue/regions.ts';
import { streamOfCode } from '../catalogue/streams.ts';
import type { JobDraft } from '../platform/acts.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { type JobAct, type JobDefinition, PermanentError, SYSTEM_PARTY } from '../platform/jobs.ts';
import { movesStock } from './anomalies.ts';
import { deadlineJob, type JudgeInput, judge } from './commands.ts';
import { bringForward, unsettledOf, wokenBy } from './queries.ts';
import { RULES, ruleOf } from './rules/all.ts';
import { hoursAfter, type RuleBook, type Wake } from './rules/rule.ts';

/**
 * What wakes the judges. An event writes one row, whatever number of rules it wakes: the job asks whom each of them is to
 * look at. A deadline is a row of its own, due when the term is. A rule row that changes has everything judged again that
 * was decided by the row before it and is not settled.
 */
const STOCK_MOVED = 'stock_moved';
const ROWS_MAX = 500;

/** Events whose subject is not what the rules look at. */
const ABOUT: Readonly<Record<string, (event: RecordedEvent) => string | null>> = {
  weigh_ticket_recorded: ({ data, subject }) => {
    const { manifestId, tripId } = data.ticket as { manifestId: string | null; tripId?: string | null };
    return manifestId ?? (tripId ? subject.id : null);
  },
  container_weighed: ({ data }) => (data.weighing as { containerId: string }).containerId,
};

/** @throws what a rule's deadline throws, which would fail the act: they only read the book. */
export function judgementsOf(event: RecordedEvent, after: { id: string }, book: RuleBook): JobDraft[] {
  const changed = rulesChanged(event, after);
  if (changed.length > 0) {
    const availableAt = new Date(event.recordedAt.getTime() + HEARD_OF_MS);
    return changed.map((rule) => ({ job: 'judge_again', payload: { rule }, availableAt }));
  }
  const on = namesOf(event);
  const about = ABOUT[event.type];
  const subjectId = about ? about(event) : event.subject.id;
  const deadlines = RULES.flatMap((rule) => {
    if (!rule.deadline?.on.includes(event.type)) return [];
    const at = rule.deadline.at(after as never, event, book);
    const input = { rule: rule.id, subjectId: event.subject.id, period: '' };
    return at ? [deadlineJob(input, notBeforeTheRest(at, event, after, book))] : [];
  });
  const isAwaited = subjectId !== null && RULES.some((rule) => wakesOf(rule.wokenBy, on).length > 0);
  return isAwaited
    ? [{ job: 'judge', payload: { on: on.join(' '), subjectId, eventId: event.id } }, ...deadlines]
    : deadlines;
}

/** Who enters afterwards what was done on paper, or without a network, has the next page in his hand: nothing is missing yet. */
function notBeforeTheRest(
  dueAt: Date,
  { entryMode, occurredAt, recordedAt, region }: RecordedEvent,
  about: object,
  book: RuleBook,
): Date {
  if (entryMode === 'live') return dueAt;
  const { stream, wasteCode = '' } = about as { readonly stream?: string; readonly wasteCode?: string };
  const place = { region: region ?? NATION, day: dayInShanghai(occurredAt) };
  const patientUntil = hoursAfter(
    recordedAt,
    book.policy('late-report-patience-hours', { ...place, stream: stream ?? streamOfCode(wasteCode) }).value,
  );
  return dueAt > patientUntil ? dueAt : patientUntil;
}

/** Every process reads the rows anew each second (`holdBook`); by then all judge by what changed. */
const HEARD_OF_MS = 5_000;

/** The rules whose rows, or whose policies, an administrator changed. Shipped rows change nothing for anybody. */
function rulesChanged({ type, actor }: RecordedEvent, after: object): string[] {
  const [register, act] = type.split('_');
  if (actor.party === SYSTEM_PARTY || (act !== 'registered' && act !== 'amended')) return [];
  if (register === 'rule') return [(after as { rule: string }).rule];
  if (register !== 'policy') return [];
  const { policy } = after as { policy: PolicyName };
  return RULES.filter((rule) => rule.policies?.includes(policy)).map(({ id }) => id);
}

const namesOf = (event: RecordedEvent): string[] => [event.type, ...(movesStock(event) ? [STOCK_MOVED] : [])];

const wakesOf = (table: Readonly<Record<string, Wake>>, on: readonly string[]): Wake[] =>
  on.flatMap((name) => table[name] ?? []);

/** The rules that these events wake, by how. */
function rulesWoken(on: readonly string[]): Map<Wake, string[]> {
  const woken = new Map<Wake, string[]>();
  for (const { id, wokenBy } of RULES)
    for (const wake of wakesOf(wokenBy, on)) woken.set(wake, [...(woken.get(wake) ?? []), id]);
  return woken;
}

const asking = (input: JudgeInput): JobAct => ({
  act: judge,
  input,
  key: `${input.rule} ${input.subjectId} ${input.period}`,
});

function asked<Name extends string>(payload: Readonly<Record<string, string>>, names: readonly Name[]) {
  const missing = names.find((name) => payload[name] === undefined);
  if (missing) throw new PermanentError(`a judgement needs ${missing}`);
  return payload as Readonly<Record<Name, string>>;
}

/** Each job is acts of the service's own: they load what they judge under the anomaly's lock, and so are never stale. */
export const reconciliationJobs: readonly JobDefinition[] = [
  {
    name: 'judge',
    async handle(payload, { database }) {
      const { on, subjectId, eventId } = asked(payload, ['on', 'subjectId', 'eventId']);
      const acts = new Map<string, JobAct>();
      for (const [wake, rules] of rulesWoken(on.split(' '))) {
        for (const woken of await wokenBy(database.pool, wake, { subjectId, eventId, rules })) {
          for (const rule of woken.rules ?? rules) {
            const act = asking({ rule, subjectId: woken.id, period: woken.period ?? '' });
            acts.set(act.key!, act);
          }
        }
      }
      return [...acts.values()];
    },
  },
  {
    name: 'judge_deadline',
    async handle(payload) {
      const { rule, subjectId, period } = asked(payload, ['rule', 'subjectId', 'period']);
      if (!ruleOf(rule)) throw new PermanentError(`no rule is called ${rule}`);
      return [asking({ rule, subjectId, period, deadline: true })];
    },
  },
  {
    name: 'judge_again',
    async handle(payload, { database, clock }) {
      const { rule } = asked(payload, ['rule']);
      while ((await bringForward(database.pool, rule, clock.now(), ROWS_MAX)) === ROWS_MAX);
      const acts: JobAct[] = [];
      for (let after = NIL; ; ) {
        const page = await unsettledOf(database.pool, rule, after, ROWS_MAX);
        acts.push(...page.map(({ subjectId, period }) => asking({ rule, subjectId, period, deadline: true })));
        if (page.length < ROWS_MAX) return acts;
        after = page.at(-1)!.id;
      }
    },
  },
];

const NIL = '00000000-0000-0000-0000-000000000000';
