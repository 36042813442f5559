import { type Bilingual, Problem, type Refusal, statusOf } from '../problems.ts';
import type { Caller } from './acts.ts';
import { jsonOrNothing, readCells } from './bulk-lines.ts';
import { linesNamedIn, withAnswers } from './bulk-references.ts';
import type { BulkRow, Chunk } from './bulk-storage.ts';
import { Call, type Operations, prepare } from './calls.ts';
import { ActHeaders } from './http.ts';
import { refusalOf } from './http-errors.ts';
import type { Journal } from './journal.ts';

/**
 * One turn of a bulk: the lines of a chunk, all at once, except that a line waits for those it refers to, and for the line
 * before it that is about the same thing. With `onError: stop` every line waits for the one before it.
 */
export interface Turn {
  readonly bulk: BulkRow;
  readonly chunk: Chunk;
  /** Who sent it, as he is now; a refusal when his key is no longer good. */
  readonly caller: Caller | Refusal;
  readonly operations: Operations;
  readonly journal: Journal;
  /** The answer to a line of an earlier chunk; undefined when it had none. */
  readonly answerTo: (line: number) => Promise<unknown>;
}

/** As it is kept: in both languages. */
export type Result = { readonly line: number; readonly status: number } & (
  | { readonly body: { readonly [key: string]: unknown } }
  | { readonly refusal: Refusal; readonly path: string }
);

export const resultsIn = (text: string): Result[] =>
  text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Result);

const BulkLine = Call.extend({
  /** As of a single request; without one it is the line's own. */
  key: ActHeaders.shape['idempotency-key'].optional(),
});

/** The database is away: nothing of this turn is kept, and it is taken again. */
export class TurnFailed extends Error {}

/** Lines in hand at once: for each of two lanes a group under way, and a queue long enough that the second finds a group of what it may take. */
const IN_HAND_MAX = 1_536;

/** @throws TurnFailed */
export async function takeTurn(turn: Turn): Promise<{ results: Result[]; stopped: boolean }> {
  const { bulk, chunk } = turn;
  const answers = new Map<number, Promise<Result | undefined>>();
  const about = new Map<string, number>();
  const inHand = placesFor(IN_HAND_MAX);
  const stops = bulk.onError === 'stop';
  let last: Promise<Result | undefined> = Promise.resolve(undefined);
  let refused = false;
  for (const read of readLines(chunk)) {
    const waitsFor = [...read.named].map((line) => answers.get(line));
    const thing = (read.given as { id?: unknown } | null | undefined)?.id;
    if (typeof thing === 'string') {
      waitsFor.push(answers.get(about.get(thing) ?? Number.NaN));
      about.set(thing, read.line);
    }
    if (stops) waitsFor.push(last);
    last = Promise.all(waitsFor).then(async () => {
      if (refused && stops) return undefined;
      const result = await inHand(read.line, () => doLine(turn, read, answers));
      if ('refusal' in result) refused = true;
      return result;
    });
    answers.set(read.line, last);
  }
  const outcomes = await Promise.allSettled(answers.values());
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  const results = outcomes.flatMap((outcome) => (outcome as PromiseFulfilledResult<Result | undefined>).value ?? []);
  return { results, stopped: refused && stops };
}

interface ReadLine {
  readonly line: number;
  /** Undefined when it is no JSON. */
  readonly given: unknown;
  readonly overlong: boolean;
  /** Lines it refers to, and whether there may be anything to put in their place. */
  readonly named: ReadonlySet<number>;
  readonly refers: boolean;
}

function readLines({ firstLine, lines, overlong }: Chunk): ReadLine[] {
  const tooLong = new Set(overlong);
  return lines.split('\n').flatMap((text, offset) => {
    const line = firstLine + offset;
    if (text === '' && !tooLong.has(line)) return [];
    const given = jsonOrNothing(text);
    const refers = text.includes('"@');
    const named = linesNamedIn(given);
    // Too deep to be read: as what is no JSON.
    return [{ line, given: named ? given : undefined, overlong: tooLong.has(line), refers, named: named ?? NONE }];
  });
}

const NONE: ReadonlySet<number> = new Set();

/**
 * Lets so many lines be done at once; of the others the first of the file is next, whenever it came. Else all that waits for nothing would go
 * first, then all that waited for it: waves of acts of one kind, and those that draw numbers are left to one lane.
 */
function placesFor(places: number): <Value>(line: number, work: () => Promise<Value>) => Promise<Value> {
  const waiting: { readonly line: number; go(): void }[] = [];
  let free = places;
  return async (line, work) => {
    if (free > 0) free -= 1;
    else
      await new Promise<void>((go) => {
        waiting.splice(waiting.findLastIndex((other) => other.line < line) + 1, 0, { line, go });
      });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next.go();
      else free += 1;
    }
  };
}

type Answers = ReadonlyMap<number, Promise<Result | undefined>>;

async function doLine(turn: Turn, read: ReadLine, answers: Answers): Promise<Result> {
  const { caller, bulk, operations, journal } = turn;
  const { line } = read;
  let path = '';
  try {
    const { key = `bulk:${bulk.id}:${line}`, ...call } = await callOf(turn, read, answers);
    if ('problem' in caller) throw Problem.of(caller);
    const asking = { caller, key, ...(bulk.format === 'csv' ? { read: readCells } : {}) };
    const prepared = await prepare(operations, call, asking);
    path = prepared.path;
    if (prepared.route.secret) throw invalid('/operation', SECRET);
    const { status, body } = await journal.submit(...prepared.submission);
    return { line, status, body };
  } catch (error) {
    const refusal = refusalOf(error as Problem);
    if (refusal.problem === 'temporarily-unavailable') throw new TurnFailed(refusal.detail.en);
    return { line, status: statusOf(refusal.problem), refusal, path };
  }
}

async function callOf(turn: Turn, { line, given, overlong, refers, named }: ReadLine, answers: Answers) {
  if (overlong) throw new Problem('body-too-large', OVERLONG);
  if (given === undefined) throw new Problem('malformed-json', NO_JSON);
  if (!refers) return BulkLine.parse(given);
  const found = new Map<number, unknown>();
  for (const one of named) {
    if (one >= line) throw invalid('', notBefore(one));
    const here = await answers.get(one);
    const answer = here ? 'body' in here && here.body : await turn.answerTo(one);
    if (!answer) throw new Problem('rests-on-refused', notDone(one));
    found.set(one, answer);
  }
  return BulkLine.parse(withAnswers(given, found));
}

const invalid = (pointer: string, detail: Bilingual): Problem =>
  new Problem('invalid-input', detail, { errors: [{ pointer, detail }] });

const OVERLONG = { zh: '此行过长，未读取。', en: 'The line is too long and was not read.' };
const NO_JSON = {
  zh: '此行不是有效的 JSON，或嵌套过深。',
  en: 'The line could not be read as JSON, or is nested too deep.',
};
const SECRET = {
  zh: '此操作的应答含只显示一次的密码，不能批量办理。',
  en: 'Its answer holds a secret that is shown once, so it is no act for a bulk.',
};
const notBefore = (line: number): Bilingual => ({
  zh: `第 ${line} 行不在本行之前。`,
  en: `Line ${line} does not come before this one.`,
});
const notDone = (line: number): Bilingual => ({
  zh: `第 ${line} 行没有成功的应答可引用。`,
  en: `Line ${line} has no successful answer to take from.`,
});
