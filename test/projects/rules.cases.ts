// What the rules of projects find: both sides of every limit, asked of the judges and of a service that runs.
import t from 'tap';
import type { Manifest } from '../../src/manifests/manifest.ts';
import type { Line } from '../../src/manifests/tables.ts';
import type { Party, Site } from '../../src/parties/registers.ts';
import type { Permit } from '../../src/permits/registers.ts';
import type { Project } from '../../src/projects/registers.ts';
import { CLEARANCE_OVERDUE_RULE } from '../../src/reconciliation/rules/clearance-overdue.ts';
import type { RuleFacts } from '../../src/reconciliation/rules/facts.ts';
import { LOAD_OUT_OF_RANGE_RULE } from '../../src/reconciliation/rules/load-out-of-range.ts';
import { MASS_RULE } from '../../src/reconciliation/rules/mass.ts';
import { PROJECT_DISCHARGE_RECEIVED_RULE } from '../../src/reconciliation/rules/project-discharge-received.ts';
import { PROJECT_OVER_PLAN_RULE } from '../../src/reconciliation/rules/project-over-plan.ts';
import { SITE_OVER_DAILY_CAPACITY_RULE } from '../../src/reconciliation/rules/site-over-daily-capacity.ts';
import { at } from '../manifests/given.ts';
import { aLineOf, aLoad, say, severityOf } from '../reconciliation/given.ts';
import { edit } from '../registers/given.ts';
import { type Caller, ok } from '../support/world.ts';
import { anomaliesOf, aPermit, aProject, aTrip, aYard, fileLoad, load, papers, unload } from './given.ts';

const TONNE = 1_000_000;
const site = (region: string): Site => ({ id: 'site', partyId: 'consignor', name: '工地', region }) as Site;
const holder = { id: 'holder', region: '370112' } as Party;
const project = (changes: Partial<Project> = {}): Project =>
  ({
    id: 'project',
    name: '某工程',
    siteId: 'site',
    kind: 'demolition',
    smallWorks: null,
    worksEndedAt: null,
    clearedAt: null,
    ...changes,
  }) as Project;

t.test('project_discharge_received: more than 5 % apart in a month, by the article of the place', async (t) => {
  const month = (changes: Partial<RuleFacts['monthFlow']>, region = '370112') =>
    say(
      PROJECT_DISCHARGE_RECEIVED_RULE,
      {
        project: project(),
        projectSite: site(region),
        monthFlow: {
          trips: 50,
          settledGrams: 1_000 * TONNE,
          densityGrams: 0,
          acceptedGrams: 950 * TONNE,
          refusedGrams: 0,
          ...changes,
        },
      },
      { period: '2026-09' },
    );
  t.equal(severityOf(month({})), 'clear', 'exactly 5 %');
  t.equal(severityOf(month({ acceptedGrams: 950 * TONNE - 1 })), 'warning');
  t.equal(severityOf(month({ acceptedGrams: 900 * TONNE - 1 })), 'critical');
  t.equal(severityOf(month({ acceptedGrams: 1_050 * TONNE + 1 })), 'warning', 'more than was sent is as odd');
  t.equal(severityOf(month({ acceptedGrams: 850 * TONNE, refusedGrams: 150 * TONNE })), 'clear', 'refused is not lost');
  t.equal(severityOf(month({ acceptedGrams: 800 * TONNE, densityGrams: 200 * TONNE })), 'clear', 'm³ against tonnes');
  t.equal(severityOf(month({ settledGrams: 0 })), 'settledGrams', 'nothing has been decided on yet');
  t.match(month({ acceptedGrams: 0 }), { finding: { basis: '济南市城市建筑垃圾管理条例 28' } });
  t.match(month({ acceptedGrams: 0 }, '411003'), { finding: { basis: '法典 518' } });
});

t.test('project_over_plan and site_over_daily_capacity: above what a permit names', async (t) => {
  const judge = (rule: object, type: string, acceptedInPeriod: number, capGrams: number | null = 100 * TONNE) =>
    severityOf(
      say(
        rule,
        {
          permit: { id: 'permit', type, number: 'N', capGrams } as Permit,
          holder,
          permitSite: site('370112'),
          acceptedInPeriod,
        },
        { period: type === 'site_capacity' ? '2026-09-16' : 'validity' },
      ),
    );
  for (const [rule, type] of [
    [PROJECT_OVER_PLAN_RULE, 'project_plan'],
    [SITE_OVER_DAILY_CAPACITY_RULE, 'site_capacity'],
  ] as const) {
    t.equal(judge(rule, type, 100 * TONNE), 'clear', `${type}: exactly`);
    t.equal(judge(rule, type, 100 * TONNE + 1), 'warning');
    t.equal(judge(rule, type, 120 * TONNE + 1), 'critical');
    t.equal(judge(rule, type, 1, null), 'capGrams');
    t.equal(judge(rule, 'licence', 1), type);
  }
});

t.test(
  'clearance_overdue: twenty days for a demolition, 24 hours for other works, where the place says so',
  async (t) => {
    const worksEndedAt = new Date('2026-09-01T02:00:00Z');
    const judge = (changes: Partial<Project>, now: string, region = '411003') =>
      say(
        CLEARANCE_OVERDUE_RULE,
        { project: project({ worksEndedAt, ...changes }), projectSite: site(region) },
        { now },
      );
    t.match(judge({}, '2026-09-21T15:59:59Z'), { clear: true, againAt: new Date('2026-09-21T16:00:00Z') });
    t.match(judge({}, '2026-09-21T16:00:00Z'), {
      finding: { severity: 'warning', tolerance: { value: 20, unit: 'days' }, basis: /许昌市.* 12/ },
      lasted: { to: null },
    });
    t.equal(severityOf(judge({}, '2026-09-28T16:00:00Z')), 'critical', 'a week later');
    const others = { kind: 'fit_out' } as const;
    t.match(judge(others, '2026-09-02T01:59:59Z'), { clear: true });
    t.match(judge(others, '2026-09-02T02:00:00Z'), { finding: { tolerance: { value: 24, unit: 'hours' } } });
    t.equal(
      severityOf(judge({ smallWorks: 'household' }, '2026-09-02T02:00:00Z')),
      'warning',
      'household works, whatever their kind',
    );
    t.match(judge({ ...others, clearedAt: new Date('2026-09-02T01:00:00Z') }, '2026-10-01T00:00:00Z'), { clear: true });
    const late = new Date('2026-09-03T00:00:00Z');
    t.match(judge({ ...others, clearedAt: late }, '2026-10-01T00:00:00Z'), { lasted: { to: late } });
    t.equal(severityOf(judge({}, '2027-01-01T00:00:00Z', '370112')), 'clearance-terms', 'no term, no breach');
    t.equal(severityOf(judge({ worksEndedAt: null }, '2027-01-01T00:00:00Z')), 'worksEndedAt');
  },
);

const truck = (line: Partial<Line>, changes: Partial<Manifest> = {}): Manifest =>
  aLoad({ stream: 'construction', lines: [aLineOf({ wasteCode: '900-001-S70', ...line })], ...changes });

t.test('load_out_of_range: the box, the rated load, the density', async (t) => {
  const judge = (line: Partial<Line>, vehicle: Partial<NonNullable<RuleFacts['vehicle']>> = {}) =>
    severityOf(
      say(LOAD_OUT_OF_RANGE_RULE, {
        manifest: truck(line),
        vehicle: { id: 'v', partyId: 'carrier', payloadGrams: null, boxLitres: null, ...vehicle },
        weighings: [],
      }),
    );
  const told = (litres: number) => ({
    pickedUpVolume: { litres, gramsPerLitre: 1_600, density: 'row' },
    acceptedVolume: { litres, gramsPerLitre: 1_600, density: 'row' },
  });
  t.equal(judge(told(12_000), { boxLitres: 12_000 }), 'clear');
  t.equal(judge(told(12_001), { boxLitres: 12_000 }), 'warning');
  t.equal(judge(told(18_001), { boxLitres: 12_000 }), 'critical');
  const weighed = (pickedUpGrams: number) => ({ pickedUpGrams, acceptedGrams: pickedUpGrams });
  t.equal(judge(weighed(20 * TONNE), { payloadGrams: 20 * TONNE }), 'clear');
  t.equal(judge(weighed(20 * TONNE + 1), { payloadGrams: 20 * TONNE }), 'warning');
  t.equal(
    judge({ ...told(14_000), pickedUpGrams: 22 * TONNE }, { payloadGrams: 20 * TONNE }),
    'clear',
    'tonnes that follow from m³ weigh nothing',
  );
  const density = (gramsPerLitre: number) => ({
    pickedUpVolume: { litres: 10_000, gramsPerLitre: 1_600, density: 'row' },
    acceptedGrams: gramsPerLitre * 10_000,
  });
  t.equal(judge(density(300)), 'clear');
  t.equal(judge(density(299)), 'warning');
  t.equal(judge(density(2_400)), 'clear');
  t.equal(judge(density(2_401)), 'warning');
});

t.test('mass: tonnes that follow from m³ and tonnes from a scale may differ by the density', async (t) => {
  const volume = { litres: 12_500, gramsPerLitre: 1_600, density: 'row' };
  const judge = (acceptedGrams: number, line: Partial<Line> = { volume, pickedUpVolume: volume }) =>
    severityOf(
      say(MASS_RULE, {
        manifest: truck({
          declaredGrams: 20 * TONNE,
          pickedUpGrams: 20 * TONNE,
          acceptedGrams,
          refusedGrams: 0,
          ...line,
        }),
        weighings: [],
      }),
    );
  t.equal(judge(14 * TONNE), 'clear', '30 % less by the scale');
  t.equal(judge(14 * TONNE - 1), 'warning');
  t.equal(judge(26 * TONNE), 'clear');
  t.equal(
    judge(19_300_000, {
      volume,
      pickedUpVolume: volume,
      acceptedVolume: { litres: 12_062, gramsPerLitre: 1_600, density: 'row' },
    }),
    'warning',
    'm³ against m³ is compared as ever',
  );
  t.equal(judge(19_300_000, {}), 'warning', 'and tonnes against tonnes');
});

t.test('a running service finds what a plan, a day and a month do not allow', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const plan = await aPermit(yard, 'project_plan', yard.consignor, { siteId: yard.siteId, capGrams: 30 * TONNE });
  const capacity = await aPermit(yard, 'site_capacity', yard.consignee, {
    siteId: yard.consigneeSiteId,
    capGrams: 38 * TONNE,
  });
  await aTrip(yard);
  t.same([...(await anomaliesOf(yard, plan)), ...(await anomaliesOf(yard, capacity))], []);
  await aTrip(yard);
  t.same(await anomaliesOf(yard, capacity), ['site_over_daily_capacity warning'], '38.4 t of 38 t');
  t.same(await anomaliesOf(yard, yard.projectId), []);
  const { id } = ok(await fileLoad(yard));
  ok(await load(yard, id, { volumeLitres: 12_000 }));
  ok(await unload(yard, id, { acceptedLitres: 6_000 }));
  t.same(await anomaliesOf(yard, yard.projectId), ['project_discharge_received critical']);
});

t.test('a site is looked at when its term runs out, and again when it is cleared', async (t) => {
  const yard = await aYard({ kind: 'fit_out' }, '411003');
  const projectPath = `/v1/projects/${yard.projectId}`;
  ok(await edit(yard.consignor, projectPath, { partyId: undefined, region: undefined, worksEndedAt: at(yard) }));
  t.same(await anomaliesOf(yard, yard.projectId), []);
  yard.clock.advanceMs(24 * 3_600_000 - 1);
  t.same(await anomaliesOf(yard, yard.projectId), []);
  yard.clock.advanceMs(1);
  t.same(await anomaliesOf(yard, yard.projectId), ['clearance_overdue warning']);
  ok(await edit(yard.consignor, projectPath, { partyId: undefined, region: undefined, clearedAt: at(yard) }));
  await yard.jobsDone();
  const { items } = ok(await yard.urban.get(`/v1/anomalies?subjectId=${yard.projectId}`));
  t.match(items, [{ status: 'ended' }]);
});

t.test('a project is its site’s: one a site, never in the future, and it stays', async (t) => {
  const yard = await aYard();
  const again = await yard.consignor.post('/v1/projects', aProject(yard.siteId));
  t.match(again, { status: 409, body: { errors: [{ pointer: '/siteId' }] } });
  const post = (siteId: string, changes: object = {}) => yard.consignor.post('/v1/projects', aProject(siteId, changes));
  t.match(await post(yard.consigneeSiteId), { status: 403 });
  t.match(await post(yard.projectId), { status: 422, body: { errors: [{ pointer: '/siteId' }] } });
  t.match(await post(yard.consignorSiteId, { endsOn: '2026-09-01' }), {
    status: 422,
    body: { errors: [{ pointer: '/endsOn' }] },
  });
  t.match(await post(yard.consignorSiteId, { worksEndedAt: at(yard, 1) }), {
    status: 422,
    body: { errors: [{ pointer: '/worksEndedAt' }] },
  });
  t.equal((await post(yard.consignorSiteId, { worksEndedAt: at(yard), endsOn: '2026-09-02' })).status, 201);
});

t.test('anomalies of one kind of waste', async (t) => {
  const yard = await aYard();
  await papers(yard);
  const spoil = await aTrip(yard, { volumeLitres: 12_000 }, { acceptedLitres: 9_000 });
  const oil = await yard.aManifest({ status: 'received', acceptedGrams: 4_000_000 });
  await yard.jobsDone();
  const subjects = async (by: Caller, query: string): Promise<string[]> => {
    const { items } = ok(await by.get(`/v1/anomalies?limit=200${query}`));
    return [...new Set<string>(items.map(({ subject }: { subject: { id: string } }) => subject.id))];
  };
  const [all, ofSpoil, ofOil] = [
    await subjects(yard.consignor, ''),
    await subjects(yard.consignor, '&stream=construction'),
    await subjects(yard.consignor, '&stream=hazardous'),
  ];
  t.same(new Set(all), new Set([...ofSpoil, ...ofOil]));
  t.ok(ofSpoil.includes(spoil.id));
  t.same(ofOil, [oil.id]);
  t.notOk(ofSpoil.includes(oil.id));
  t.same(await subjects(yard.consignor, '&stream=hazardous&status=cleared'), []);
  t.same(await subjects(yard.consignor, '&stream=sludge'), []);
  t.ok((await subjects(yard.urban, '&stream=construction')).includes(spoil.id));
  t.same(await subjects(yard.urban, '&stream=hazardous'), [], 'which it does not watch');
});
