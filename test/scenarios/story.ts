import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isPair, parseDocument, Scalar, visit } from 'yaml';
import { z } from 'zod';
import { PROBLEM_TYPES } from '../../src/problems.ts';

/**
 * 故事 A story: one YAML file a story, played by test/scenarios.test.ts and printed by `npm run scenarios`. Strict: a
 * field this file does not know is an error. The API itself is not simplified, four things of the writing are:
 *
 * - Masses are written `5 t`, `200 kg`, `1 g` wherever the API wants grams. In these files only; the API knows grams.
 * - `{name}` stands for what it names: a party, site, plate, person, device or permit of the cast (`{minghu}`,
 *   `{minghu.yard}`), what an earlier step saved (`{oil}`), or the time of the step (`{now}`, `{now-3h}`).
 * - `2026-09-14 09:30` is a time in Shanghai.
 * - `waste: used-oil` in a line stands for the fields of that waste in cast.yaml.
 *
 * Not written and so expected: a step succeeds without a warning; at the end there is no anomaly, no kept report, and
 * in the ledger nothing but what is said.
 */
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Codes such as 370112 are numbers to YAML. */
const Code = z.union([z.string(), z.number()]).transform(String);
const Named = z.record(z.string(), z.unknown());
const told = { zh: z.string(), en: z.string() };
const Told = z.strictObject(told);

/** Bodies of the registers, without whose they are. `is` are the capacities. */
const Member = z.strictObject({
  name: z.string(),
  en: z.string(),
  is: z.array(z.string()).min(1),
  region: Code,
  uscc: z.string().optional(),
  /** What a regulator watches: a region, in the streams named. */
  watches: Code.optional(),
  streams: z.array(z.string()).default(['hazardous']),
  sites: z
    .record(
      z.string(),
      z.strictObject({
        name: z.string(),
        region: Code,
        permitCode: z.string().optional(),
        beds: z.number().optional(),
      }),
    )
    .default({}),
  /** Plates. */
  vehicles: z.record(z.string(), z.string()).default({}),
  /** Drivers, each with a key of their own. */
  drivers: z.record(z.string(), z.string()).default({}),
  /** Scales, each with a key of its own. */
  devices: z.record(z.string(), Named).default({}),
  /** Has contracts with every carrier and consignee of the cast, and a plan; only who has a site to send from needs them. */
  papers: z.boolean().default(false),
  /** Entered by the platform: licence, plan, approval … */
  permits: z.record(z.string(), Named).default({}),
});
export type Member = z.output<typeof Member>;

const Cast = z.strictObject({ parties: z.record(z.string(), Member), wastes: z.record(z.string(), Named) });

const Expect = z.strictObject({
  /** Codes of the warnings, in their order. */
  warnings: z.array(z.string()).default([]),
  /** Last part of the problem's type. */
  problem: z.enum(PROBLEM_TYPES).optional(),
  /** Of the first error. */
  pointer: z.string().optional(),
  /** The key was answered before, and this is that answer again. */
  again: z.boolean().default(false),
  /** What of the answer matters; what is not named is free. A list has as many items as it says. */
  answer: z.unknown().optional(),
});

const Step = z.strictObject({
  ...told,
  /** A party of the cast, one of its drivers or devices (`quancheng.driver`), or `platform`, the administrator. */
  who: z.string(),
  /** Since the last step: `+2h`, `+1d`, the next day `+1d 09:00`, later that day `15:30`, or a time. None: no time passes. */
  when: z.string().optional(),
  act: z.string().regex(/^(GET|POST|PUT|DELETE) \/v1\//),
  body: Named.optional(),
  /** Two steps of one key are one act sent twice. */
  key: z.string().optional(),
  ifMatch: z.number().int().optional(),
  expect: Expect.default({ warnings: [], again: false }),
  /** A name for the answer's id, or names for several fields of it: `{ drum: batches.0.batchId }`. */
  save: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
});
export type Step = z.output<typeof Step>;

/** `4980 kg`, with pieces `800 kg, 4 pieces`, with dry mass `20 t, 4 t dry`; parted by waste code, or by owner. */
const QuantityText = z.union([z.string(), z.literal(0)]);

const Ending = z.strictObject({
  ...told,
  manifests: z.record(z.string(), z.string()).default({}),
  /** By party and role: everything that is not zero. */
  ledger: z
    .record(z.string(), z.record(z.string(), z.union([QuantityText, z.record(z.string(), QuantityText)])))
    .default({}),
  anomalies: z
    .array(
      z.strictObject({
        rule: z.string(),
        severity: z.enum(['info', 'warning', 'critical']),
        /** What was saved under that name, or an account: `minghu stock 900-249-08`. */
        about: z.string(),
        status: z.string().default('open'),
      }),
    )
    .default([]),
  /** Reports that did not fit and were kept as evidence. */
  kept: z.array(z.strictObject({ act: z.string(), about: z.string(), status: z.string() })).default([]),
});

const StoryFile = z.strictObject({
  title: Told,
  shows: Told,
  articles: z.array(z.string()).min(1),
  /** By their name in cast.yaml; a value changes what stands there, or brings somebody who does not. */
  cast: z.record(z.string(), Named.nullable()),
  starts: z.string(),
  steps: z.array(Step).min(1),
  ends: Ending,
});

export interface Story extends Omit<z.output<typeof StoryFile>, 'cast' | 'steps'> {
  /** The file's name without its ending. */
  readonly name: string;
  readonly cast: Readonly<Record<string, Member>>;
  /** With the instant at which each is done. */
  readonly steps: readonly (Step & { readonly at: Date })[];
  readonly startsAt: Date;
}

/** The stories in the order of their numbers. @throws Error that names the file and the field. */
export function readStories(): Story[] {
  const cast = parsed(Cast, `${FOLDER}cast.yaml`);
  return readdirSync(FOLDER)
    .filter((file) => /^\d+-.*\.yaml$/.test(file))
    .sort()
    .map((file) => readStory(`${FOLDER}${file}`, cast));
}

/** @throws Error that names the file and the field. */
function readStory(file: string, known: z.output<typeof Cast>): Story {
  const story = parsed(StoryFile, file);
  const cast = Object.fromEntries(
    Object.entries(story.cast).map(([who, changes]) => {
      const member = Member.safeParse({ ...known.parties[who], ...changes });
      if (!member.success) throw new Error(`${file}: cast.${who}: ${z.prettifyError(member.error)}`);
      return [who, member.data];
    }),
  );
  const startsAt = shanghaiTime(story.starts);
  let at = startsAt;
  const steps = story.steps.map((step) => {
    at = later(at, step.when);
    return { ...step, at, ...(step.body ? { body: withWastes(step.body, known.wastes) as Step['body'] } : {}) };
  });
  const told = { ...story, name: basename(file, '.yaml'), cast, startsAt, steps };
  const strays = straysIn(told);
  if (strays.length > 0) throw new Error(`${file}: nobody has named ${strays.join(', ')}`);
  return told;
}

/** What the cast has by name: `minghu`, `minghu.yard`. */
export const namesOf = (who: string, member: Member): string[] => [
  who,
  ...[member.sites, member.vehicles, member.drivers, member.devices, member.permits].flatMap((things) =>
    Object.keys(things).map((key) => `${who}.${key}`),
  ),
];

export const savedBy = ({ save }: Step): string[] => (typeof save === 'string' ? [save] : Object.keys(save ?? {}));

/** Names that stand for nothing where they are used; `platform` is always there. */
function straysIn({ cast, steps, ends }: Story): string[] {
  const known = new Set(['platform', ...Object.entries(cast).flatMap(([who, member]) => namesOf(who, member))]);
  const used = (value: unknown): string[] =>
    [...JSON.stringify(value).matchAll(/\{([\w.-]+)\}/g)]
      .map(([, name]) => name!)
      .filter((name) => !/^now(-|$)/.test(name));
  const strays = steps.flatMap((step) => {
    const here = [step.who, ...used(step)].filter((name) => !known.has(name));
    for (const name of savedBy(step)) known.add(name);
    return here;
  });
  const inTheEnd = [
    ...Object.keys(ends.manifests),
    ...Object.keys(ends.ledger),
    ...[...ends.anomalies, ...ends.kept].map(({ about }) => about.split(' ')[0]!),
  ];
  return [...strays, ...inTheEnd.filter((name) => !known.has(name))];
}

function parsed<Schema extends z.ZodType>(schema: Schema, file: string): z.output<Schema> {
  const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: true });
  if (document.errors[0]) throw new Error(`${file}: ${document.errors[0].message}`);
  // `{oil}` is to YAML a mapping of one key without so much as a colon: nothing else is ever meant by it.
  visit(document, {
    Map(_key, node) {
      const [only, more] = node.items;
      if (!isMap(node) || !node.flow || more || !isPair(only) || only.value !== null) return undefined;
      return new Scalar(`{${String(only.key)}}`);
    },
  });
  const result = schema.safeParse(document.toJS());
  if (!result.success) throw new Error(`${file}: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** Lines that say `waste: used-oil` get the fields of that waste before their own. */
function withWastes(value: unknown, wastes: Readonly<Record<string, object>>): unknown {
  if (Array.isArray(value)) return value.map((item) => withWastes(item, wastes));
  if (value === null || typeof value !== 'object') return value;
  const { waste, ...rest } = value as Record<string, unknown>;
  if (waste !== undefined && !wastes[waste as string]) throw new Error(`cast.yaml has no waste ${String(waste)}`);
  const fields = Object.entries(rest).map(([key, item]) => [key, withWastes(item, wastes)]);
  return { ...(waste === undefined ? {} : wastes[waste as string]), ...Object.fromEntries(fields) };
}

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d$/;
const MASS = /^(-?\d+(?:\.\d+)?) (t|kg|g)$/;
const UNIT_GRAMS = { t: 1_000_000, kg: 1_000, g: 1 } as const;
const SPAN = /^(\d+)(m|h|d)$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DAY_MS = UNIT_MS.d;

/** @throws Error for anything but `2026-09-14 09:30`. */
function shanghaiTime(text: string): Date {
  if (!TIME.test(text)) throw new Error(`“${text}” is no time such as 2026-09-14 09:30`);
  return new Date(`${text.replace(' ', 'T')}:00+08:00`);
}

/** `2026-09-14 09:30` of Shanghai. */
export function inShanghai(instant: Date): string {
  return new Date(instant.getTime() + 8 * UNIT_MS.h).toISOString().slice(0, 16).replace('T', ' ');
}

const instantText = (instant: Date): string => `${inShanghai(instant).replace(' ', 'T')}:00+08:00`;

function later(from: Date, when: string | undefined): Date {
  if (when === undefined) return from;
  const [, days = '0', clock] = /^(?:\+(\d+)d )?(\d\d:\d\d)$/.exec(when) ?? [];
  const day = inShanghai(new Date(from.getTime() + Number(days) * DAY_MS)).slice(0, 10);
  const to = clock
    ? shanghaiTime(`${day} ${clock}`)
    : when.startsWith('+')
      ? after(from, when.slice(1))
      : shanghaiTime(when);
  if (to < from) throw new Error(`“${when}” lies before ${inShanghai(from)}`);
  return to;
}

function after(from: Date, span: string, sign = 1): Date {
  const [, number, unit] = SPAN.exec(span) ?? [];
  if (!number) throw new Error(`“${span}” is no span such as 2h, 30m or 1d`);
  return new Date(from.getTime() + sign * Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}

/** @returns grams, or nothing when the text is no mass. */
function gramsOf(text: string): number | undefined {
  const [, number, unit] = MASS.exec(text) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * UNIT_GRAMS[unit as keyof typeof UNIT_GRAMS]);
}

export interface Quantity {
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
}

/** `4980 kg`, `800 kg, 4 pieces` or `20 t, 4 t dry`. @throws Error for anything else. */
export function quantityOf(text: string | 0): Quantity {
  const [mass = '', ...more] = String(text).split(', ');
  const count = more.find((part) => /^-?\d+ pieces?$/.test(part));
  const dry = more.find((part) => part.endsWith(' dry'));
  const grams = text === 0 ? 0 : gramsOf(mass);
  const dryGrams = dry ? gramsOf(dry.slice(0, -' dry'.length)) : 0;
  if (grams === undefined || dryGrams === undefined || more.some((part) => part !== count && part !== dry))
    throw new Error(`“${text}” is no quantity such as 5 t, 800 kg, 4 pieces or 20 t, 4 t dry`);
  return { grams, pieces: Number.parseInt(count ?? '0', 10), dryGrams };
}

/** What the names of a story stand for, by now. */
export type Scope = ReadonlyMap<string, string>;

/** A body, path or expectation as the API has it. @throws Error for a name nobody has saved. */
export function resolved(value: unknown, scope: Scope, now: Date): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, scope, now));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, scope, now)]));
  if (typeof value !== 'string') return value;
  if (TIME.test(value)) return instantText(shanghaiTime(value));
  return gramsOf(value) ?? value.replace(/\{([^{}]+)\}/g, (_, name: string) => meant(name, scope, now));
}

function meant(name: string, scope: Scope, now: Date): string {
  const [, span] = /^now(?:-(\w+))?$/.exec(name) ?? [];
  if (name === 'now' || span) return instantText(span ? after(now, span, -1) : now);
  const found = scope.get(name);
  if (found === undefined) throw new Error(`{${name}} names nothing yet; known are ${[...scope.keys()].join(', ')}`);
  return found;
}
