/** The containers that a report names, found before its act: it locks them and judges again under the locks. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { Problem } from '../problems.ts';
import { codeAsKept, resolveContainers } from './container-queries.ts';
import type { Scanning } from './scanned.ts';
import type { Named } from './scanning.ts';

/** In one report, with what stands in them: each is an event. */
const CONTAINERS_MAX = 500;

/** By name, or by name with what is said of it. */
type Entry = string | { readonly container: string };
interface Body {
  readonly containers?: readonly Entry[];
  readonly lines?: readonly { readonly containers?: readonly Entry[] }[];
}

/** @throws Problem against-rule for a container that is named twice, and for too many. */
export async function withScans<Given extends object>(
  pool: pg.Pool,
  given: Given,
  among: readonly string[] | null = null,
): Promise<Given & Scanning> {
  const body = given as Body;
  const named = [
    ...pointed(body.containers, '/containers'),
    ...(body.lines ?? []).flatMap(({ containers }, index) => pointed(containers, `/lines/${index}/containers`)),
  ];
  if (named.length === 0) return given;
  const resolved = await resolveContainers(
    pool,
    named.map(({ name }) => name),
    among,
  );
  const ids = new Map(resolved.names);
  // What is not there is refused where the rest is judged, as what is a stranger's.
  for (const name of resolved.unknown) ids.set(name, randomUUID());
  const asNamed: Record<string, Named> = {};
  for (const { name, pointer } of named) {
    const id = ids.get(name)!;
    if (asNamed[id]) throw twice(name, pointer);
    asNamed[id] = { name: codeAsKept(name), pointer };
  }
  const unknown = resolved.unknown.map((name) => ({ id: ids.get(name)!, via: ids.get(name)! }));
  const containers = [...resolved.containers, ...unknown];
  if (containers.length > CONTAINERS_MAX) throw tooMany(containers.length);
  const idsOf = (entries: readonly Entry[] | undefined) =>
    entries && {
      containers: entries.map((entry) =>
        typeof entry === 'string' ? ids.get(entry)! : { ...entry, container: ids.get(entry.container)! },
      ),
    };
  const lines = body.lines && { lines: body.lines.map((line) => ({ ...line, ...idsOf(line.containers) })) };
  return { ...given, ...idsOf(body.containers), ...lines, scanned: { containers, parents: resolved.parents, asNamed } };
}

const pointed = (entries: readonly Entry[] = [], list: string) =>
  entries.map((entry, index) => ({
    name: typeof entry === 'string' ? entry : entry.container,
    pointer: `${list}/${index}`,
  }));

const twice = (name: string, pointer: string): Problem =>
  new Problem(
    'against-rule',
    { zh: `容器 ${name} 出现了两次。`, en: `Container ${name} is named twice.` },
    { errors: [{ pointer, detail: { zh: '每个容器只填一次', en: 'each container once' } }] },
  );

const tooMany = (count: number): Problem =>
  new Problem(
    'against-rule',
    {
      zh: `一次最多 ${CONTAINERS_MAX} 个容器（含其内的容器），此次为 ${count} 个。`,
      en: `At most ${CONTAINERS_MAX} containers at a time, with what stands in them; these are ${count}.`,
    },
    {
      errors: [
        { pointer: '/containers', detail: { zh: `最多 ${CONTAINERS_MAX} 个`, en: `at most ${CONTAINERS_MAX}` } },
      ],
    },
  );
