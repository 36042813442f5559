import type { JobDraft } from '../platform/acts.ts';
import {
  type Accepted,
  type Act,
  type Decision,
  type Facts,
  type Needs,
  refused,
  type States,
} from '../platform/acts.ts';
import { canonicalText, type EventDraft, type Json, sha256 } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { anomalyId, anomalyKind, type Judgement } from './anomalies.ts';
import { type Said, stepsOf, TRANSITIONS } from './lifecycle.ts';
import { type AnyRule, ruleOf } from './rules/all.ts';
import type { RuleFacts } from './rules/facts.ts';
import type { RuleBook, RuleRow, Scene, Verdict } from './rules/rule.ts';
import { type About, SOURCES } from './sources.ts';

export interface JudgeInput extends About {
  readonly rule: string;
  /** Asked because a term was due, so that a judge who says "not yet" is asked again when he says. */
  readonly deadline?: true;
}

/** What a rule says of a subject, with the row it was judged by. */
export type Judged =
  | { readonly notJudged: string }
  | { readonly scene: Scene; readonly row: RuleRow; readonly verdict: Verdict };

/**
 * One rule judges one subject: the anomaly is locked, whether there is one or not, then the facts are loaded, so that two
 * judgements of one subject follow each other and each sees what was committed before it.
 * @refuses not-found (a rule that does not exist)
 */
export const judge: Act<JudgeInput, RuleBook> = {
  name: 'judge',
  kind: 'system',
  needs(input) {
    const rule = ruleOf(input.rule);
    if (!rule) return {};
    return merged([
      { lock: [{ kind: 'anomaly', id: anomalyId(input) }] },
      ...namesOf(rule).map((name) => SOURCES[name].needs?.(input) ?? {}),
    ]);
  },
  alsoNeeds(input, states) {
    const rule = ruleOf(input.rule);
    return merged(rule ? namesOf(rule).map((name) => SOURCES[name].alsoNeeds?.(input, states) ?? {}) : []);
  },
  decide(input, states, facts) {
    const rule = ruleOf(input.rule);
    if (!rule) return refused(notFound('rule', input.rule));
    return settle(rule, input, judged(rule, input, states, facts), states, facts);
  },
};

/**
 * What the rule says now. Needs nothing of the journal but loaded states: a preview asks the same.
 * Pure; throws only what a judge throws.
 */
export function judged(
  rule: AnyRule,
  about: About,
  states: States,
  { now, reference: book }: Pick<Facts<RuleBook>, 'now' | 'reference'>,
): Judged {
  const subject = SOURCES[rule.subject].read(about, states);
  if (!subject) return { notJudged: rule.subject };
  const loaded = Object.fromEntries(namesOf(rule).map((name) => [name, SOURCES[name].read(about, states)]));
  const known = loaded as unknown as RuleFacts;
  const asked = { now, period: about.period };
  const scene = rule.sceneOf(known, asked);
  if ('notJudged' in scene) return scene;
  const row = rule.streams.includes(scene.stream) ? book.rule<RuleRow['parameters']>(rule.id, scene) : undefined;
  if (!row) return { notJudged: 'rule row in force' };
  const { parameters, steps, basis } = row;
  return { scene, row, verdict: rule.judge(known, { ...asked, scene, book, parameters, steps, basis }) };
}

/** Raises, updates, ends, clears or reopens one anomaly; what changes nothing leaves no event. */
function settle(rule: AnyRule, input: JudgeInput, told: Judged, states: States, facts: Facts<RuleBook>): Decision {
  const id = anomalyId(input);
  const notJudged = 'notJudged' in told ? told.notJudged : 'notJudged' in told.verdict && told.verdict.notJudged;
  const verdict = 'notJudged' in told ? undefined : told.verdict;
  const again = verdict ? askAgain(input, verdict, facts.now) : {};
  if (notJudged || 'notJudged' in told || !verdict)
    return nothing(id, { outcome: 'not_judged', missing: notJudged || '' }, again);
  const finding = 'finding' in verdict ? verdict.finding : undefined;
  const findingHash = finding && sha256(canonicalText(finding)).toString('hex');
  const lasted = 'finding' in verdict ? verdict.lasted : undefined;
  const said: Said = { kind: rule.kind, findingHash, isOver: lasted?.to != null };
  const before = states.get(anomalyKind, id);
  const steps = stepsOf(before, said);
  if (steps.length === 0) return nothing(id, { outcome: finding ? 'unchanged' : 'clear' }, again);
  const { scene, row } = told;
  const judgement: Judgement | undefined = finding && {
    rule: rule.id,
    ruleRowId: row.id,
    ruleVersion: row.version,
    subjectKind: rule.subject,
    subjectId: input.subjectId,
    period: input.period,
    severity: finding.severity,
    finding,
    findingHash: findingHash!,
    partyIds: scene.partyIds,
    regions: scene.regions,
    stream: scene.stream,
    beganAt: lasted?.from.toISOString() ?? null,
    endedAt: lasted?.to?.toISOString() ?? null,
  };
  const judgedBy = { ruleRowId: row.id, ruleVersion: row.version, parameters: row.parameters, steps: row.steps };
  const data = { ...(judgement ? { judgement } : {}), judgedBy } as unknown as EventDraft['data'];
  const events = steps.map(
    (step): EventDraft => ({
      type: TRANSITIONS[step].event,
      subject: { kind: 'anomaly', id },
      occurredAt: facts.now,
      region: scene.regions[0] ?? null,
      refs: [input.subjectId],
      data,
    }),
  );
  // A term that turned out to be later has nobody else who will ask.
  const later = steps.includes('annul') ? askAgain({ ...input, deadline: true }, verdict, facts.now) : again;
  return { events, answer: { id, outcome: events.at(-1)!.type }, ...later };
}

const nothing = (id: string, answer: { readonly [key: string]: Json }, again: Pick<Accepted, 'jobs'>): Accepted => ({
  events: [],
  answer: { id, ...answer },
  ...again,
});

function askAgain(input: JudgeInput, { againAt }: Verdict, now: Date): Pick<Accepted, 'jobs'> {
  return input.deadline && againAt && againAt > now ? { jobs: [deadlineJob(input, againAt)] } : {};
}

/** Asks a rule about a subject when a term is due. */
export const deadlineJob = (
  { rule, subjectId, period }: Pick<JudgeInput, 'rule' | 'subjectId' | 'period'>,
  availableAt: Date,
): JobDraft => ({ job: 'judge_deadline', payload: { rule, subjectId, period }, availableAt });

const namesOf = (rule: AnyRule): readonly (keyof RuleFacts)[] => [rule.subject, ...rule.facts];

const merged = (needs: readonly Needs[]): Needs => ({
  lock: needs.flatMap(({ lock }) => lock ?? []),
  read: needs.flatMap(({ read }) => read ?? []),
  lookups: needs.flatMap(({ lookups }) => lookups ?? []),
});
