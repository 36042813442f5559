import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startCheckout } from './checkout.ts';
import { runSteps, stepsOfPage, stepsOfReadme } from './readme.ts';

/** The walk-through of the README is true: its very lines are run against a service that was really started. */
const CURLS_MAX = 11;

const steps = stepsOfReadme();
const service = await startCheckout();
t.teardown(service.remove);
const run = await runSteps(steps, service.directory);
const [, , generation, draft, issue, pickup, arrival, ticket, receipt, manifest, anomaly, balances] = run.outputs;
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely; their shape is checked elsewhere.
const read = (output: string | undefined): any => JSON.parse(output ?? 'null');

t.test('fewer than twelve curl commands', async (t) => {
  const curls = steps.flatMap(({ commands }) => commands.match(/\bcurl\b/g) ?? []);
  t.equal(curls.length, CURLS_MAX);
  t.ok(curls.length < 12);
});

t.test('npm start says where it is, who may come in, and what does not agree', async (t) => {
  t.match(service.banner, /API +http:\/\/127\.0\.0\.1:\d+\/v1\n +Docs +http:\/\/127\.0\.0\.1:\d+\/docs/);
  t.match(service.banner, /Open anomalies 未结异常: \d+\n +\w+ +\d/, 'how many, rule by rule');
  t.match(service.banner, /\[critical\] .+\n +\w.+/, 'the gravest in both languages');
  const [, equal, expected] = /Answer key 答案: (\d+) of (\d+) found 相符\n/.exec(service.banner) ?? [];
  t.ok(Number(expected) > 0 && equal === expected, 'and they are those of the answer key');
  const { baseUrl, accounts } = JSON.parse(readFileSync(join(service.directory, '.data/demo.json'), 'utf8'));
  t.match(service.banner, baseUrl);
  t.same(
    accounts.map(({ role }: { role: string }) => role),
    ['administrator', 'member', 'member', 'member', 'regulator'],
  );
});

t.test('every line runs', async (t) => {
  t.equal(run.exitCode, 0);
  t.equal(run.stderr, '');
  t.equal(run.outputs.length, steps.length);
});

t.test('generation opens a batch', async (t) => {
  t.match(read(generation), { batchId: /^[0-9a-f-]{36}$/, version: 1, warnings: [] });
});

t.test('the draft says its id', async (t) => {
  t.match(draft, /^[0-9a-f-]{36}$/);
});

t.test('TM 15: the issued manifest has a number of 14 digits, of this year and of Jinan', async (t) => {
  const { warnings, ...issued } = read(issue);
  t.match(issued, { id: draft, status: 'issued', number: /^20\d{2}3701\d{6}$/ });
  t.same(warnings, [], 'its plan, its contracts and the licence cover it');
});

t.test('pickup and arrival are recorded, and the arrival names the last day for the receipt', async (t) => {
  t.match(read(pickup), { id: draft, status: 'in_transit', warnings: [] });
  t.match(read(arrival), { id: draft, status: 'arrived', receiptDueOn: /^\d{4}-\d{2}-\d{2}$/, warnings: [] });
});

t.test('the scale at the gate says 4.4 t', async (t) => {
  t.match(read(ticket), { netGrams: 4_400_000, warnings: [] });
});

t.test('TM 18 ¶2: the receipt is recorded, with a remark', async (t) => {
  t.match(read(receipt), { status: 'received', warnings: [{ code: 'quantity-differs', basis: 'TM 18 ¶2' }] });
});

t.test(
  'the manifest tells the three masses, its one leg, and of every act whether and why it may not follow',
  async (t) => {
    const { lines, legs, actions, ...told } = read(manifest);
    t.match(told, { id: draft, status: 'received', number: read(issue).number });
    t.match(legs, [{ carrierId: told.carrierId, plate: '鲁A12345', startedAt: /Z$/, endedAt: /Z$/, handover: null }]);
    t.match(lines, [{ declaredGrams: 5_000_000, pickedUpGrams: 5_000_000, acceptedGrams: 4_400_000 }]);
    const open = actions.filter(({ allowed }: { allowed: boolean }) => allowed);
    t.same(open.map(({ act }: { act: string }) => act).sort(), ['correction', 'pickup-confirmation']);
    for (const { allowed, basis, reason } of actions)
      t.match({ basis, reason }, { basis: /./, reason: allowed ? null : /./ });
  },
);

t.test(
  'the regulator finds the shortfall: critical, 600 kg, 12 %, with its basis, evidence and question',
  async (t) => {
    const { observed, expected, evidence, question, ...told } = read(anomaly);
    t.match(told, {
      rule: 'mass',
      status: 'open',
      severity: 'critical',
      basis: 'TM 18 ¶2',
      subject: { kind: 'manifest', id: draft },
    });
    t.equal(expected.loadedGrams - observed.receivedGrams, 600_000);
    t.match(told.summary, '600 kg (12.0 %)');
    t.ok(evidence.includes(read(ticket).id));
    t.equal(question.partyId, read(manifest).carrierId);
  },
);

t.test('the missing 600 kg stand in the books of the plant', async (t) => {
  t.match(read(balances).items, [{ role: 'weighing_difference', wasteCode: '900-252-12', grams: 600_000 }]);
});

for (const page of ['observed.md', 'files.md'])
  t.test(`docs/${page}: every line runs`, async (t) => {
    const pageSteps = stepsOfPage(page);
    const { exitCode, stderr, outputs } = await runSteps(pageSteps, service.directory);
    t.equal(exitCode, 0, outputs.at(-1) ?? '');
    t.equal(stderr, '');
    t.ok(pageSteps.length > 4 && outputs.length === pageSteps.length);
    t.notOk(
      outputs.some((output) => output.includes('/problems/')),
      'and nothing is refused',
    );
  });

t.test('a stop is a clean one', async (t) => {
  t.equal(await service.stop(), 0);
});
