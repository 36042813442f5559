import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { statusOf } from '../../src/problems.ts';
import { inShanghai, type Member, namesOf, quantityOf, resolved, type Step, type Story, savedBy } from './story.ts';

/** The stories as pages to read: docs/scenarios/, one page a story and a list of them. */
const FOLDER = fileURLToPath(new URL('../../docs/scenarios/', import.meta.url));

/** Files that are missing, differ, or belong to no story any more. */
export function pagesThatDiffer(stories: readonly Story[]): string[] {
  const pages = pagesOf(stories);
  const known = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  const differing = [...pages].filter(
    ([file, text]) => !known.includes(file) || readFileSync(FOLDER + file, 'utf8') !== text,
  );
  return [...differing.map(([file]) => file), ...known.filter((file) => !pages.has(file))];
}

export function writePages(stories: readonly Story[]): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, text] of pagesOf(stories)) writeFileSync(FOLDER + file, text);
}

const pagesOf = (stories: readonly Story[]): Map<string, string> =>
  new Map([['README.md', contents(stories)], ...stories.map((story) => [`${story.name}.md`, pageOf(story)] as const)]);

const contents = (stories: readonly Story[]): string => `# 业务故事 · Scenarios

每页一个由多方参与的完整故事：谁在何时调用了什么接口，得到什么回答，最后账上各处有多少。这些页面由 \`test/scenarios/\` 中的
文件生成，测试按同样的文件逐步执行，所以页面所写即系统所为。

Each page is a whole story by several parties: who called what and when, what was answered, and what lies where in the end.
The pages are printed from the files in \`test/scenarios/\` by \`npm run scenarios\`; the tests play the same files step by step,
so that what a page says is what the service does.

花括号中的名字代表编号：\`{minghu.yard}\` 是明湖机械的场所，\`{oil}\` 是前面某步存下的联单。质量在接口中一律为克。每个写操作还需要
\`Authorization: Bearer <密钥>\` 和各自的 \`Idempotency-Key\`，页面从略。

A name in braces stands for an id: \`{minghu.yard}\` is a site of Minghu Machinery, \`{oil}\` a manifest that an earlier step
saved. The API has every mass in grams. Every request needs \`Authorization: Bearer <key>\`, every write an
\`Idempotency-Key\` of its own; the pages leave them out.

质量账是复式记账：产生量是来源，所以为负；各科目之和恒为零。

The mass ledger is double entry. What was generated is where mass comes from and so stands below zero; all of it adds up to
nothing.

| | 故事 | Story | 依据 Articles |
|---|---|---|---|
${stories
  .map(
    ({ name, title, articles }) =>
      `| ${name.slice(0, 2)} | [${title.zh}](${name}.md) | [${title.en}](${name}.md) | ${articles.join(' · ')} |`,
  )
  .join('\n')}
`;

function pageOf(story: Story): string {
  const { title, shows, articles, cast, steps, ends } = story;
  return `${[
    `# ${title.zh} · ${title.en}`,
    `${shows.zh}\n\n${shows.en}`,
    `依据 Articles: ${articles.join(' · ')}`,
    `## 人物 · Cast`,
    castTable(cast),
    `## 经过 · What happens`,
    ...steps.map((step, index) => stepText(step, index, story)),
    `## 结局 · In the end`,
    `${ends.zh}\n\n${ends.en}`,
    ...endingTables(story),
  ]
    .map((part) => part.trim())
    .join('\n\n')}\n`;
}

const CAPACITIES: Readonly<Record<string, string>> = {
  producer: '产废单位 producer',
  carrier: '运输单位 carrier',
  consignee: '接受单位 consignee',
  regulator: '监管部门 regulator',
};

function castTable(cast: Story['cast']): string {
  const rows = Object.entries(cast).map(([who, member]) => [
    `\`${who}\``,
    `${member.name}<br>${member.en}`,
    member.is.map((capacity) => CAPACITIES[capacity] ?? capacity).join('、'),
    thingsOf(who, member).join('<br>') || '–',
  ]);
  return table(['', '单位 Party', '身份 Capacity', '所有 What it has'], rows);
}

const thingsOf = (who: string, { sites, vehicles, drivers, devices, permits, watches }: Member): string[] => [
  ...Object.entries(sites).map(([key, { name, region }]) => `场所 site \`{${who}.${key}}\` ${name}，${region}`),
  ...Object.entries(vehicles).map(([key, plate]) => `车辆 vehicle \`{${who}.${key}}\` ${plate}`),
  ...Object.keys(drivers).map((key) => `驾驶员 driver \`${who}.${key}\``),
  ...Object.entries(devices).map(([key, { type }]) => `设备 device \`${who}.${key}\` ${String(type)}`),
  ...Object.entries(permits).map(
    ([key, { type, number, wasteCodes }]) =>
      `许可 permit \`{${who}.${key}}\` ${String(type)} ${String(number)}：${(wasteCodes as string[]).join(' ')}`,
  ),
  ...(watches ? [`管辖 jurisdiction ${watches}`] : []),
];

function stepText(step: Step & { readonly at: Date }, index: number, story: Story): string {
  const scope = pageScope(story);
  const shown = (value: unknown) => resolved(value, scope, step.at);
  const body = step.body === undefined ? '' : `\n\n${json(shown(step.body))}`;
  const headers = [
    ...(step.key ? [`Idempotency-Key: ${step.key}`] : []),
    ...(step.ifMatch === undefined ? [] : [`If-Match: "${step.ifMatch}"`]),
  ];
  return [
    `### ${index + 1}. ${inShanghai(step.at)} · ${actorName(step.who, story)}`,
    `${step.zh}\n\n${step.en}`,
    `\`\`\`http\n${[step.act, ...headers].join('\n')}${body}\n\`\`\``,
    answerText(step, shown),
  ].join('\n\n');
}

function actorName(who: string, { cast }: Story): string {
  if (who === 'platform') return '平台管理员 the administrator';
  const [party = '', thing] = who.split('.');
  const { name, en } = cast[party] ?? { name: party, en: party };
  return `${name} ${en}${thing ? ` (${thing})` : ''}`;
}

/** Plates are shown as they are, everything else by its name. */
function pageScope({ cast, steps }: Story): Map<string, string> {
  const names = [...Object.entries(cast).flatMap(([who, member]) => namesOf(who, member)), ...steps.flatMap(savedBy)];
  const scope = new Map(names.map((name) => [name, `{${name}}`]));
  for (const [who, { vehicles }] of Object.entries(cast))
    for (const [key, plate] of Object.entries(vehicles)) scope.set(`${who}.${key}`, plate);
  return scope;
}

function answerText({ expect, save, act }: Step, shown: (value: unknown) => unknown): string {
  const { problem, pointer, warnings, again, answer } = expect;
  const parts = [
    problem ? `\`${statusOf(problem)}\` 拒绝 refused` : act.startsWith('GET') ? '回答 answered' : '办理 done',
    ...(problem ? [`\`/problems/${problem}\`${pointer ? `，\`${pointer}\`` : ''}`] : []),
    ...(again ? ['与首次回答相同 the first answer again'] : []),
    ...warnings.map((code) => `提醒 warning \`${code}\``),
    ...(typeof save === 'string' ? [`\`id\` → \`{${save}}\``] : []),
    ...(typeof save === 'object' ? Object.entries(save).map(([name, path]) => `\`${path}\` → \`{${name}}\``) : []),
  ];
  const essentials = answer === undefined ? '' : `\n\n\`\`\`json\n${json(shown(answer))}\n\`\`\``;
  return `→ ${parts.join('；')}${essentials}`;
}

const ROLES: Readonly<Record<string, string>> = {
  generated: '产生量 generated',
  stock: '贮存 in stock',
  in_transit: '在途 on the road',
  consignee_hold: '待接受 on hold',
  treated: '已利用处置 treated',
  product: '产品 product',
  loss: '损耗 loss',
  additive: '添加 additive',
  weighing_difference: '磅差 weighing difference',
  refused_return: '拒收待退 refused, to be returned',
  adjustment: '调整 adjustment',
  incident_hold: '事故扣留 held after an incident',
};

function endingTables({ ends, cast }: Story): string[] {
  const manifests = Object.entries(ends.manifests).map(([name, status]) => [`\`{${name}}\``, `\`${status}\``]);
  const anomalies = ends.anomalies.map(({ rule, severity, about, status }) => [
    `\`${rule}\``,
    severity,
    about.includes(' ') ? about : `\`{${about}}\``,
    status,
  ]);
  const kept = ends.kept.map(({ act, about, status }) => [`\`${act}\``, `\`{${about}}\``, `\`${status}\``]);
  const ledger = Object.entries(ends.ledger).flatMap(([who, roles]) =>
    Object.entries(roles).flatMap(([role, given]) =>
      Object.entries(typeof given === 'object' ? given : { '': given }).map(([part, quantity]) => [
        cast[who]?.name ?? who,
        `${ROLES[role] ?? role}${part ? `，${cast[part]?.name ?? part}` : ''}`,
        massText(quantity),
      ]),
    ),
  );
  return [
    ...(manifests.length > 0 ? [table(['联单 Manifest', '状态 Status'], manifests)] : []),
    ...(ledger.length > 0 ? [table(['质量账 Ledger', '科目 Account', '余额 Balance'], ledger, 2)] : []),
    anomalies.length > 0
      ? table(['异常 Anomaly', '等级 Severity', '对象 About', '状态 Status'], anomalies)
      : '没有异常。No anomaly.',
    ...(kept.length > 0 ? [table(['留存的报告 Report kept', '联单 Manifest', '当时状态 Status then'], kept)] : []),
  ];
}

function massText(quantity: string | 0): string {
  const { grams, pieces, dryGrams } = quantityOf(quantity);
  const kilograms = (mass: number) =>
    `${new Intl.NumberFormat('en', { maximumFractionDigits: 3 }).format(mass / 1000)} kg`;
  const parts = [pieces === 0 ? '' : `, ${pieces} 件 pieces`, dryGrams === 0 ? '' : `, 干 dry ${kilograms(dryGrams)}`];
  return `${kilograms(grams)}${parts.join('')}`.replaceAll('-', '−');
}

function table(head: readonly string[], rows: readonly (readonly string[])[], right = -1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === right ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const WIDTH_MAX = 100;

/** JSON in which what fits on a line stands on one. */
function json(value: unknown, indent = ''): string {
  const short = inline(value);
  if (indent.length + short.length <= WIDTH_MAX || value === null || typeof value !== 'object') return short;
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Array.isArray(value)
    ? value.map((item) => json(item, deeper))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${json(item, deeper)}`);
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
