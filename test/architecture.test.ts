import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

/**
 * The arrows of docs/architecture.md as a table, read off the import lines. Nothing is started. An exception is a row
 * with its reason; a row that is no longer needed fails too, so the lists can only get shorter.
 */
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

/** A slice may import slices on lower floors only. */
const FLOORS: Readonly<Record<string, number>> = {
  platform: 0,
  catalogue: 1,
  parties: 2,
  custody: 2,
  generation: 3,
  transport: 3,
  permits: 3,
  projects: 3,
  manifests: 4,
  disposal: 5,
  'transparency-log': 5,
  reconciliation: 6,
  reports: 7,
  notifications: 7,
  official: 7,
  console: 8,
};
/** Plays through HTTP: of src it may import nothing but itself, EXCEPTIONS apart. */
const OUTSIDER = 'simulator';
/** May import everything. */
const ROOTS = [
  'main.ts',
  'app.ts',
  'worker.ts',
  'service.ts',
  'cli.ts',
  'own-database.ts',
  'rebuild.ts',
  'rebuild-comparisons.ts',
  'kinds.ts',
  'upgrade.ts',
  'simulate.ts',
  'stage.ts',
  'liandan.js',
  'typescript.js',
];
/** Anyone may import these; they import only the packages named. */
const FOUNDATIONS: Readonly<Record<string, readonly string[]>> = { 'config.ts': ['zod'], 'problems.ts': [] };

/** The folders a slice may have. */
const SUBFOLDERS = /^(reconciliation\/rules|console\/pages|catalogue\/data|official\/data)\//;

/** Answers from what it is given: no clock, no database, no files. */
const isPure = (file: string): boolean => /(^|[/-])(lifecycle|rules|parts)\.ts$|\/rules\/[^/]+\.ts$/.test(file);
/** Look-ups of the catalogue that pure files may use: held to the same rule, but read their file once, at the start. */
const PURE_LOOKUPS = [
  'catalogue/calendar.ts',
  'catalogue/clock-policies.ts',
  'catalogue/code-remarks.ts',
  'catalogue/custody-codes.ts',
  'catalogue/exemptions.ts',
  'catalogue/identifiers.ts',
  'catalogue/looked-up.ts',
  'catalogue/observation-policies.ts',
  'catalogue/policies.ts',
  'catalogue/policy-definitions.ts',
  'catalogue/regions.ts',
  'catalogue/streams.ts',
  'catalogue/treatment-methods.ts',
  'catalogue/waste-codes.ts',
];
/** A rule says of which form its parameters are. */
const isRule = (file: string): boolean => file.startsWith('reconciliation/rules/');
const isLookup = (file: string): boolean => PURE_LOOKUPS.includes(file);
/** Sorts, groups, words: pure files may use them. */
const PURE_TOOLS = ['problems.ts', 'platform/collections.ts', 'platform/schema-messages.ts'];
const LOOKUP_READER = 'catalogue/reference-files.ts';

const LINES_MAX = 400;

type Exception = { readonly in: string; readonly of: string; readonly because: string };
/** Imports that the arrows forbid and that stand for now. `of` is the imported file. */
const EXCEPTIONS: readonly Exception[] = [
  {
    in: 'simulator/demo.ts',
    of: 'platform/connections.ts',
    because: 'an unfinished demonstration is dropped as a whole database before the service starts',
  },
  {
    in: 'simulator/days.ts',
    of: 'catalogue/calendar.ts',
    because: 'which days are worked is a published fact; terms are counted by the simulator itself',
  },
  {
    in: 'parties/repository.ts',
    of: 'platform/tables.ts',
    because: 'reads the events of a key grant; the reading belongs in platform/events.ts',
  },
];

/** Readers of the machine's clock and of the environment besides clock.ts and config.ts. */
const CLOCK_READERS: readonly Exception[] = [];
const ENVIRONMENT_READERS: readonly Exception[] = [];

/**
 * A stream is a row of `catalogue/data/streams.json`; nothing asks which one it has before it. `streams: [ … ]`, for which a policy or a rule
 * exists, is a row too.
 */
const STREAM_NAMERS: readonly Exception[] = [
  { in: 'src/catalogue/routes.ts', of: '', because: 'the example of a body' },
  { in: 'src/parties/examples.ts', of: '', because: 'the example of a body' },
  { in: 'src/reconciliation/routes.ts', of: '', because: 'the example of a body' },
  { in: 'src/manifests/card-routes.ts', of: '', because: 'the example of a body' },
  { in: 'src/official/upward.ts', of: '', because: 'the example of a body' },
  { in: 'src/transport/fences.ts', of: '', because: 'in which stream journeys to a site are told, where nobody says' },
  { in: 'src/transport/observed-trips.ts', of: '', because: 'the same, where the site has no fence' },
  { in: 'src/transport/waybills.ts', of: '', because: 'dangerous goods on the road are hazardous waste' },
  {
    in: 'src/transport/trips.ts',
    of: '',
    because: 'a trip is of no stream and in no regulator’s list; rows that are stored say this one',
  },
];

interface Import {
  readonly file: string;
  /** The imported file within src, or the name of a package. */
  readonly target: string;
  readonly isOurs: boolean;
  readonly isType: boolean;
}

const sources = filesBelow('src', /\.(ts|js)$/);
const files = sources.map((path) => path.slice('src/'.length));
const imports = files.flatMap((file) => importsOf(file, read(`src/${file}`)));

t.test('every file has its place', async (t) => {
  const isKnown = (file: string, slice: string) =>
    slice === file ? ROOTS.includes(file) || file in FOUNDATIONS : slice in FLOORS || slice === OUTSIDER;
  t.same(
    files.filter((file) => !isKnown(file, file.split('/')[0]!)),
    [],
    'in a slice that has a floor, or known beside the slices',
  );
  t.same(
    files.filter((file) => file.split('/').length > 2 && !SUBFOLDERS.test(file)),
    [],
    'a slice is flat',
  );
  const nameless = [...sources, ...filesBelow('test', /\.ts$/)].filter((path) =>
    path.split('/').some((part) => /^(utils?|helpers?|commons?|services|types?)(\.[^/]*)?$/.test(part)),
  );
  t.same(nameless, [], 'nothing is called utils, helpers, common, services or types');
});

t.test('who may import whom', async (t) => {
  const isExcepted = ({ file, target }: Import, row: Exception) => row.in === file && row.of === target;
  const forbidden = imports.filter((line) => line.isOurs && !isAllowed(line));
  const wrong = forbidden.filter((line) => !EXCEPTIONS.some((row) => isExcepted(line, row)));
  t.same(wrong.map(arrow), [], 'lower floors only, and no tables of others');
  const spent = EXCEPTIONS.filter((row) => !forbidden.some((line) => isExcepted(line, row)));
  t.same(spent, [], 'every exception is still needed');
  t.ok(imports.length > 100, 'import lines were read');
});

t.test('the referee shares nothing with the judges', async (t) => {
  const reached = new Set<string>();
  const follow = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { target } of imports.filter((line) => line.file === file && line.isOurs)) follow(target);
  };
  follow('simulator/referee.ts');
  const ours = [...reached].filter((file) => !file.startsWith(`${OUTSIDER}/`)).sort();
  t.same(
    ours,
    ['catalogue/calendar.ts', 'catalogue/reference-files.ts'],
    'over any number of imports, the calendar only',
  );
});

t.test('config.ts and problems.ts stand on nothing', async (t) => {
  const wrong = imports.filter(({ file, target }) => file in FOUNDATIONS && !FOUNDATIONS[file]!.includes(target));
  t.same(wrong.map(arrow), []);
});

t.test('pure files import types and other pure files', async (t) => {
  const mayImport = ({ file, target, isOurs }: Import) => {
    if (isPure(target) || PURE_TOOLS.includes(target)) return true;
    if (isOurs) return isLookup(target) || (isLookup(file) && target === LOOKUP_READER);
    return target === 'zod' && (isLookup(file) || isRule(file)); // a schema answers from what it is given
  };
  const wrong = imports.filter(
    (line) => (isPure(line.file) || isLookup(line.file)) && !line.isType && !mayImport(line),
  );
  t.same(wrong.map(arrow), []);
  t.ok(files.some(isPure) && PURE_LOOKUPS.every((file) => files.includes(file)), 'there are some');
});

t.test('one clock', async (t) => {
  const sql = filesBelow('migrations', /\.sql$/);
  const inSql =
    /(?<![\w.])now\(\)(?!:)|\b(current_(timestamp|date|time)|localtime(stamp)?|(clock|statement|transaction)_timestamp)\b/i;
  const inCode = /\bDate\.now\b|\bnew Date(\(\)|[;,)\]}])|(?<!new )\bDate\(\)|\bTemporal\.Now\b|\bdefaultNow\b/;
  const found = [...sources, ...sql]
    .filter((path) => path !== 'src/platform/clock.ts')
    .filter((path) => codeOf(path).some((line) => inSql.test(line) || inCode.test(line)));
  exactly(t, found, CLOCK_READERS, 'the machine’s clock is read in platform/clock.ts only');
});

t.test('no code asks which stream it has before it', async (t) => {
  const { STREAMS } = await import('../src/catalogue/streams.ts');
  const name = new RegExp(`['"\`](${STREAMS.join('|')})['"\`]`);
  const isRow = (line: string) => /^\s*streams: \[/.test(line);
  const found = sources
    .filter((path) => !path.startsWith(`src/${OUTSIDER}/`))
    .filter((path) => codeOf(path).some((line) => name.test(line) && !isRow(line)));
  exactly(t, found, STREAM_NAMERS, 'what differs by stream is data');
});

t.test('one reader of the environment', async (t) => {
  const found = sources
    .filter((path) => path !== 'src/config.ts')
    .filter((path) => codeOf(path).some((line) => /\bprocess\s*\.\s*env\b|\benv\b.*from 'node:process'/.test(line)));
  exactly(t, found, ENVIRONMENT_READERS, 'process.env is read in config.ts only');
});

t.test('a basis is a reference without English words', async (t) => {
  const BASIS = /\b(?:basis|article|instrument|OURS)"?(?::| =) (?:\{ )?(['"`])(?<text>.*?)\1/g;
  const found = filesBelow('src', /\.(ts|json)$/).flatMap((path) =>
    [...codeOf(path).join('\n').matchAll(BASIS)].map(({ groups }) => ({ path, text: groups!.text! })),
  );
  t.ok(found.length > 100, 'bases were read');
  const worded = found.filter(({ text }) => /[a-z]{3,}/.test(text.replaceAll(/\$\{.*?\}/g, '')));
  t.same(worded, [], 'docs/glossary.md, Codes of the regulations');
});

t.test(`no file is longer than ${LINES_MAX} lines`, async (t) => {
  const lengths = files.map((file) => ({ file, lines: read(`src/${file}`).trimEnd().split('\n').length }));
  t.same(
    lengths.filter(({ lines }) => lines > LINES_MAX),
    [],
    'split by act, never by layer',
  );
});

t.test('every rule rests on something', async (t) => {
  const rules: { rule: string; basis: unknown }[] = [];
  const judges: string[] = [];
  for (const path of sources.filter(isPure)) {
    const exported = (await import(join(CHECKOUT, path))) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) {
      const rows = /^(TRANSITIONS|DEADLINES)$/.test(name) ? Object.entries(value as object) : [];
      rules.push(...rows.map(([row, { basis }]) => ({ rule: `${path} ${name}.${row}`, basis })));
      if (isRule(path.slice('src/'.length)) && /_RULE$/.test(name)) judges.push((value as { id: string }).id);
    }
  }
  const { seedPolicyRows } = await import('../src/catalogue/policies.ts');
  for (const { id, basis } of seedPolicyRows)
    rules.push({ rule: `policy ${id}`, basis: basis.instrument && basis.article });
  const { seedRuleRows } = await import('../src/reconciliation/rule-rows.ts');
  for (const { id, basis } of seedRuleRows) rules.push({ rule: `rule ${id}`, basis });
  const { RULES } = await import('../src/reconciliation/rules/all.ts');
  const known = RULES.map(({ id }) => id).sort();
  t.same(judges.sort(), known, 'every rule file is in the list of rules');
  t.same([...new Set(seedRuleRows.map(({ rule }) => rule))].sort(), known, 'every rule has a row');
  t.same(
    rules.filter(({ basis }) => typeof basis !== 'string' || basis.trim() === ''),
    [],
    'a text and an article',
  );
  t.ok(rules.length - seedPolicyRows.length > 5 && seedPolicyRows.length > 20, 'such rows were found');
});

function isAllowed({ file, target, isType }: Import): boolean {
  if (ROOTS.includes(file)) return true;
  if (target in FOUNDATIONS) return true;
  const [slice = '', other = ''] = [file.split('/')[0], target.split('/')[0]];
  if (slice === other) return true;
  if (slice === OUTSIDER || !(slice in FLOORS) || !(other in FLOORS)) return false;
  if (FLOORS[other]! >= FLOORS[slice]!) return false;
  return basename(target) !== 'tables.ts' || mayUseTables(file, target, isType);
}

/** Reading joins slices in queries.ts; every tables.ts stands on the columns of platform's. */
function mayUseTables(file: string, target: string, isType: boolean): boolean {
  if (isType || basename(file) === 'queries.ts') return true;
  return target === 'platform/tables.ts' && basename(file) === 'tables.ts';
}

const arrow = ({ file, target }: Import): string => `${file} → ${target}`;

/** Exactly these files and no others, each exception still in use. */
function exactly(t: Test, found: readonly string[], exceptions: readonly Exception[], message: string): void {
  t.same([...found].sort(), exceptions.map((row) => row.in).sort(), message);
}

/** `import … from '…'`, `export … from '…'`, `import '…'` and `import('…')`, over several lines too. */
function importsOf(file: string, text: string): Import[] {
  const line = /^(?:import|export)\b([^'";]*?)\bfrom\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...text.matchAll(line)].map(([, clause = '', from, bare, lazy]) => {
    const target = from ?? bare ?? lazy ?? '';
    const names = /^\s*\{([^}]*)\}/
      .exec(clause)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '');
    const isType = /^\s*type\s/.test(clause) || (names?.every((name) => /^\s*type\s/.test(name)) ?? false);
    const isOurs = target.startsWith('.');
    return { file, target: isOurs ? posix.join(dirname(file), target) : target, isOurs, isType };
  });
}

/** Without comments; strings stay, because SQL is written in them. */
function codeOf(path: string): string[] {
  const text = read(path).replace(/^\s*\/\*[\s\S]*?\*\//gm, '');
  return text.split('\n').map((line) => line.replace(path.endsWith('.sql') ? /--(?!>).*$/ : /(^|\s)\/\/.*$/, ''));
}

function filesBelow(folder: string, name: RegExp): string[] {
  return readdirSync(join(CHECKOUT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => posix.join(entry.parentPath.slice(CHECKOUT.length), entry.name))
    .sort();
}

function read(path: string): string {
  return readFileSync(join(CHECKOUT, path), 'utf8');
}
