import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { POLICIES, POLICY_NAMES, type PolicyName } from '../../src/catalogue/policy-definitions.ts';
import { NATION } from '../../src/catalogue/regions.ts';
import { STREAMS } from '../../src/catalogue/streams.ts';

/** The last section of docs/streams/README.md, printed from the definitions by `npm run scenarios`. */
const PAGE = fileURLToPath(new URL('../../docs/streams/README.md', import.meta.url));
const TITLE = '## 政策：必需与可选 · Policies: required and optional';

export const tableIsStale = (): boolean => readFileSync(PAGE, 'utf8') !== page();
export const writeTable = (): void => writeFileSync(PAGE, page());

function page(): string {
  const [before] = readFileSync(PAGE, 'utf8').split(TITLE);
  return `${before!.trimEnd()}\n\n${TITLE}\n\n${TEXT}\n\n${table()}\n`;
}

const TEXT = `Acts ask for what is required: a stream without such a row of the nation stops the start with one line that names stream and policy. Where a row holds
for all streams, a new one needs none of its own. Without a row of an optional policy nothing is asked for. \`card-number-format\` is needed where \`manifest-mode\` is \`monthly\`.`;

function table(): string {
  const cells = POLICY_NAMES.map((name) => {
    const isForAll = seedPolicyRows.some(
      (row) => row.policy === name && row.jurisdiction === NATION && row.stream === '*',
    );
    return [`\`${name}\``, POLICIES[name].zh, POLICIES[name].en, needOf(name, isForAll)];
  });
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const head = ['政策 policy', '中文', 'English', 'a new stream'];
  return [line(head), line(head.map(() => '---')), ...cells.map(line)].join('\n');
}

function needOf(name: PolicyName, isForAll: boolean): string {
  const streams: readonly string[] = POLICIES[name].streams;
  if (streams.length < STREAMS.length) return `only of ${streams.join(', ')}`;
  if ('optional' in POLICIES[name]) return '可选 optional';
  return isForAll ? '必需 required, has one for all' : '**必需 required**';
}
