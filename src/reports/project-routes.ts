import { z } from 'zod';
import { addDays, dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { OF_PROJECTS } from '../catalogue/streams.ts';
import { maySeeParty } from '../parties/visibility.ts';
import { periodOf } from '../permits/permit-rules.ts';
import type { Caller } from '../platform/acts.ts';
import { type App, Id, ProblemView } from '../platform/http.ts';
import { notFound } from '../platform/register.ts';
import { BasisView, CivilDay, Uuid } from '../platform/values.ts';
import { Problem } from '../problems.ts';
import { type ProjectRow, readProjects, regionsOfProjects } from '../projects/queries.ts';
import {
  type FlowSums,
  flowsOfSite,
  type PlanLine,
  permitsOfSite,
  siteById,
  treatedAtSite,
} from './project-queries.ts';
import type { ReportServices } from './routes.ts';

const whole = z.number().int();
const FlowView = z.object({
  wasteClass: z.string(),
  method: z.string(),
  trips: whole,
  /** Issued and not yet loaded. */
  reservedGrams: whole,
  loadedGrams: whole,
  /** Of what was told in m³, × 1000. */
  loadedLitres: whole,
  /** Of what was loaded, that of loads that have been decided on. */
  settledGrams: whole,
  acceptedGrams: whole,
  acceptedLitres: whole,
  refusedGrams: whole,
});
const PlanLineView = z.object({
  permitId: Uuid,
  number: z.string(),
  wasteCodes: z.array(z.string()).readonly(),
  methods: z.array(z.string()).readonly(),
  validFrom: z.iso.date(),
  validTo: z.iso.date(),
  capGrams: whole.nullable(),
  /** Where it was given in m³, and the density it was converted by when it was entered. */
  capLitres: whole.nullable(),
  gramsPerLitre: whole.nullable(),
  reservedGrams: whole,
  usedGrams: whole,
  remainingGrams: whole.nullable(),
  /** Reserved and used, in thousandths of what it allows. */
  filledPermille: whole.nullable(),
});
const BalanceView = z.object({
  projectId: Uuid,
  siteId: Uuid,
  /** Lines of the plan (处理方案), each with what is reserved and used of it. */
  plan: z.array(PlanLineView),
  /** What left, by class and kind of destination. */
  flows: z.array(FlowView).readonly(),
  /** Used or disposed of at the site itself (就地利用), without a manifest. */
  onSite: z.array(z.object({ wasteCode: z.string(), method: z.string(), grams: whole })).readonly(),
  total: z.object({
    trips: whole,
    reservedGrams: whole,
    loadedGrams: whole,
    acceptedGrams: whole,
    refusedGrams: whole,
    /** Loaded and not yet decided on. */
    underWayGrams: whole,
  }),
  /** What was loaded, by floor area: 20,000 g/m² are 200 t per 10,000 m². Null without a floor area. */
  gramsPerSquareMetre: whole.nullable(),
  /** What the place wants of new buildings at most. */
  yield: z.object({ gramsPerSquareMetreMax: whole, basis: BasisView }).nullable(),
});
const IntakeView = z.object({
  siteId: Uuid,
  day: z.iso.date(),
  flows: z.array(FlowView).readonly(),
  acceptedGrams: whole,
  trips: whole,
  /** Permits for a day's intake, and what of each is reserved and used on that day. */
  capacity: z.array(PlanLineView),
});

/** 工程的平衡、消纳场所的日受纳. */
export function projectReportRoutes(app: App, services: ReportServices): void {
  const { database, clock, reference } = services;
  const { pool } = database;
  app.get(
    '/v1/projects/:id/balance',
    {
      config: { operation: 'projects.balance' },
      schema: {
        summary: '工程平衡 · What a project planned, sent off, and what was received of it',
        tags: ['projects'],
        params: Id,
        response: { 200: BalanceView, default: ProblemView },
      },
    },
    async (request) => {
      const [project] = await readProjects(database, { id: request.params.id }, request.caller);
      if (!project) throw Problem.of(notFound('project', request.params.id));
      const { siteId, partyId: holderId } = project;
      const [flows, plan, onSite] = await Promise.all([
        flowsOfSite(pool, { siteId, direction: 'out', ...EVER }),
        permitsOfSite(pool, { siteId, holderId, type: 'project_plan', period: 'validity' }),
        treatedAtSite(pool, siteId),
      ]);
      return balanceOf(project, flows, plan, onSite, reference(), dayInShanghai(clock.now()));
    },
  );
  app.get(
    '/v1/sites/:id/intake',
    {
      config: { operation: 'sites.intake' },
      schema: {
        summary: '日受纳 · What came to a site on a day, beside what it may take in',
        tags: ['sites'],
        params: Id,
        querystring: z.strictObject({ day: CivilDay.optional() }),
        response: { 200: IntakeView, default: ProblemView },
      },
    },
    async (request) => {
      const site = await siteById(pool, request.params.id);
      const today = dayInShanghai(clock.now());
      if (!site || !(await maySeeIntake(request.caller, site, today)))
        throw Problem.of(notFound('site', request.params.id));
      const { day = today } = request.query;
      const [flows, capacity] = await Promise.all([
        flowsOfSite(pool, { siteId: site.id, direction: 'in', from: day, to: addDays(day, 1) }),
        permitsOfSite(pool, {
          siteId: site.id,
          holderId: site.partyId,
          type: 'site_capacity',
          period: periodOf('site_capacity', day),
        }),
      ]);
      return {
        siteId: site.id,
        day,
        flows,
        acceptedGrams: sumOf(flows, 'acceptedGrams'),
        trips: sumOf(flows, 'trips'),
        capacity: capacity.map(filled),
      };
    },
  );
  const maySeeIntake = async (caller: Caller, site: { id: string; partyId: string; region: string }, day: string) =>
    caller.role === 'regulator'
      ? (await regionsOfProjects(database, caller)).includes(site.region)
      : maySeeParty(pool, caller, { partyId: site.partyId, siteId: site.id, day, acts: ['receipt'] });
}

const EVER = { from: '0000-01-01', to: '9999-12-31' };

const sumOf = (flows: readonly FlowSums[], name: Exclude<keyof FlowSums, 'wasteClass' | 'method'>): number =>
  flows.reduce((sum, flow) => sum + flow[name], 0);

function filled(line: PlanLine): z.output<typeof PlanLineView> {
  const { capGrams, reservedGrams, usedGrams } = line;
  const taken = reservedGrams + usedGrams;
  return {
    ...line,
    remainingGrams: capGrams === null ? null : capGrams - taken,
    filledPermille: capGrams === null ? null : Math.round((taken * 1_000) / capGrams),
  };
}

function balanceOf(
  project: ProjectRow,
  flows: readonly FlowSums[],
  plan: readonly PlanLine[],
  onSite: z.output<typeof BalanceView>['onSite'],
  book: PolicyBook,
  day: string,
): z.output<typeof BalanceView> {
  const loadedGrams = sumOf(flows, 'loadedGrams');
  const area = project.floorAreaSquareMetres;
  const aim =
    project.kind === 'new_build'
      ? book.policyIf('project-yield', { region: project.region, stream: OF_PROJECTS[0]!, day })
      : undefined;
  return {
    projectId: project.id,
    siteId: project.siteId,
    plan: plan.map(filled),
    flows,
    onSite,
    total: {
      trips: sumOf(flows, 'trips'),
      reservedGrams: sumOf(flows, 'reservedGrams'),
      loadedGrams,
      acceptedGrams: sumOf(flows, 'acceptedGrams'),
      refusedGrams: sumOf(flows, 'refusedGrams'),
      underWayGrams: loadedGrams - sumOf(flows, 'settledGrams'),
    },
    gramsPerSquareMetre: area === null ? null : Math.round(loadedGrams / area),
    yield: aim ? { ...aim.value, basis: `${aim.basis.instrument} ${aim.basis.article}` } : null,
  };
}
