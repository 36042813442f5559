import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PolicyRow, seedPolicyRows } from '../../src/catalogue/policies.ts';
import { POLICIES } from '../../src/catalogue/policy-definitions.ts';
import { ancestorsOn, NATION, regionOn } from '../../src/catalogue/regions.ts';
import { STREAM_NAMES } from '../../src/catalogue/streams.ts';

/** docs/jurisdictions.md, printed from the policy rows we ship by `npm run scenarios`. */
const PAGE = fileURLToPath(new URL('../../docs/jurisdictions.md', import.meta.url));
const DAY = '2026-09-16';
/** The five cities this service is made for, with their districts that have a plan, and their provinces. */
const SEEDS = ['370000', '370100', '370103', '370117', '371500', '340000', '340600', '410000', '411000', '411003'];

export const pageIsStale = (): boolean => readFileSync(PAGE, 'utf8') !== page();
export const writePage = (): void => writeFileSync(PAGE, page());

function page(): string {
  const own = new Set(seedPolicyRows.map(({ jurisdiction }) => jurisdiction));
  const others = [...own].filter((code) => code !== NATION && !SEEDS.includes(code)).sort();
  return `${[
    HEAD,
    '## 五市及所在省 · The five cities and their provinces',
    ...SEEDS.map((code) => section(code)),
    '## 其他已登记的地方 · Other places with rows of their own',
    ...others.map((code) => section(code)),
    '## 全国 · The nation',
    table(rowsOf(NATION)),
  ].join('\n\n')}\n`;
}

const HEAD = `# 各地政策 · Policies by place

由 \`catalogue/data/policies.json\` 打印（\`npm run scenarios\`），测试核对。没有写明的，从上一级继承；两级都没有的，适用全国。
当前生效的以 \`GET /v1/policies/effective?region=&stream=&day=\` 为准：管理员可以增改。

Printed from the rows we ship by \`npm run scenarios\`; a test fails when it is stale. What a place does not say it inherits from what lies
above it. What holds today, rows that were entered since included, is \`GET /v1/policies/effective\`. 本平台约定 NNNN: our own choice,
[decisions](decisions), where no text speaks; the word 是 in the last column says the same.`;

function section(code: string): string {
  const [, ...above] = ancestorsOn(code, DAY);
  const rows = rowsOf(code);
  const from = above.map((one) => `${regionOn(one, DAY)!.name} ${one}`).join(' → ');
  const inherits = `继承 Inherits: ${from}`;
  const said = rows.length > 0 ? table(rows) : '没有自己的规定。 No row of its own.';
  return `### ${regionOn(code, DAY)!.name} ${code}\n\n${inherits}\n\n${said}`;
}

const rowsOf = (code: string): readonly PolicyRow[] =>
  seedPolicyRows
    .filter(({ jurisdiction }) => jurisdiction === code)
    .toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));

const sortKey = ({ policy, stream, inForceFrom }: PolicyRow): string => `${policy} ${stream} ${inForceFrom}`;

function table(rows: readonly PolicyRow[]): string {
  const cells = rows.map(({ policy, stream, value, basis, ours, inForceFrom, inForceTo }) => [
    `${POLICIES[policy].zh}<br>\`${policy}\``,
    stream === '*' ? '全部' : (STREAM_NAMES[stream] ?? stream),
    `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``,
    `${basis.instrument} ${basis.article}`,
    `${inForceFrom}${inForceTo ? ` 至 ${inForceTo}` : ' 起'}`,
    ours ? '是' : '',
  ]);
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const head = ['政策 Policy', '废物流 Stream', '值 Value', '依据 Basis', '施行 In force', '自定 Ours'];
  return [line(head), line(head.map(() => '---')), ...cells.map(line)].join('\n');
}
