/** The containers that a report names, found before its act: it locks them and judges again under the locks. */
import type pg from 'pg';
import { resolveContainers } from '../custody/container-queries.ts';
import { unknownContainer } from '../generation/container-routes.ts';
import { Problem } from '../problems.ts';
import type { Scanning } from './aboard.ts';

/** In one report, with what stands in them: each is an event. */
const CONTAINERS_MAX = 500;

/** By name, or by name with what is said of it. */
type Entry = string | { readonly container: string };
interface Body {
  readonly containers?: readonly Entry[];
  readonly lines?: readonly { readonly containers?: readonly Entry[] }[];
}

/** @throws Problem not-found for a name that no container has, against-rule for one named twice, and for too many. */
export async function withScans<Given extends object>(pool: pg.Pool, given: Given): Promise<Given & Scanning> {
  const body = given as Body;
  const named = [
    ...pointed(body.containers, '/containers'),
    ...(body.lines ?? []).flatMap(({ containers }, index) => pointed(containers, `/lines/${index}/containers`)),
  ];
  if (named.length === 0) return given;
  const { containers, parents, names } = await resolveContainers(
    pool,
    named.map(({ name }) => name),
  );
  const seen = new Set<string>();
  for (const { name, pointer } of named) {
    const id = names.get(name);
    if (id === undefined) throw unknownContainer(name, pointer);
    if (seen.has(id)) throw twice(name, pointer);
    seen.add(id);
  }
  if (containers.length > CONTAINERS_MAX) throw tooMany(containers.length);
  const idsOf = (entries: readonly Entry[] | undefined) =>
    entries && {
      containers: entries.map((entry) =>
        typeof entry === 'string' ? names.get(entry)! : { ...entry, container: names.get(entry.container)! },
      ),
    };
  const lines = body.lines && { lines: body.lines.map((line) => ({ ...line, ...idsOf(line.containers) })) };
  return { ...given, ...idsOf(body.containers), ...lines, scanned: { containers, parents } };
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
