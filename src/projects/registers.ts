import { z } from 'zod';
import { mayEdit } from '../parties/commands.ts';
import { siteKind } from '../parties/registers.ts';
import type { Facts, Lookup, Reference, States } from '../platform/acts.ts';
import { registerActs, registerKind } from '../platform/register.ts';
import type { StateOf } from '../platform/subjects.ts';
import { CivilDay, Instant, ShortText, TypedNumber, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { PROJECT_KINDS, projects, SMALL_WORKS } from './tables.ts';

/** 工程: entered by the party of the site or an administrator. What it may send off where is permits of that site. */
const exists = (pointer: string, zh: string, en: string): Refusal => ({
  problem: 'already-exists',
  detail: { zh, en },
  errors: [{ pointer, detail: { zh, en } }],
});

export const projectKind = registerKind('project', projects, {
  projects_number: exists('/number', '该编号的工程已登记。', 'A project of that number is registered already.'),
  projects_site: exists(
    '/siteId',
    '该场所已属于另一工程；同一地块的另一工程请另行登记场所。',
    'The site is of another project; works of their own need a site of their own.',
  ),
});
export type Project = StateOf<typeof projects>;

export const ProjectBody = z.strictObject({
  number: TypedNumber.min(1).max(60),
  name: ShortText,
  siteId: Uuid.describe('工地: a site of the discharging unit, of this project alone'),
  kind: z.enum(PROJECT_KINDS),
  smallWorks: z.enum(SMALL_WORKS).nullable().default(null).describe('居民、抢险零星工程'),
  developer: ShortText.nullable().default(null).describe('建设单位'),
  contractor: ShortText.nullable().default(null).describe('施工单位'),
  floorAreaSquareMetres: z.number().int().min(1).max(100_000_000).nullable().default(null),
  startsOn: CivilDay,
  endsOn: CivilDay.nullable().default(null).describe('First day after the works, as planned'),
  worksEndedAt: Instant.nullable().default(null).describe('When the works, or the demolition, were over in fact'),
  clearedAt: Instant.nullable().default(null).describe('清运完毕: when the last of the waste had left'),
});
type ProjectRecord = z.output<typeof ProjectBody>;

const acts = registerActs<ProjectRecord, Project, Reference>(projectKind, {
  reads: ({ siteId }) => ({ read: [{ kind: 'site', id: siteId }] }),
  check: (record, { before, states, facts }) =>
    siteRefusal(record.siteId, before?.siteId, states, facts) ?? daysRefusal(record, facts),
});
/** @refuses against-rule (no such site, days), not-your-act (another's site), already-exists (number, site). */
export const registerProject = acts.register;
/** @refuses as above, and not-found, version-mismatch. */
export const amendProject = acts.amend;

function siteRefusal(
  siteId: string,
  before: string | undefined,
  states: States,
  { caller }: Facts,
): Refusal | undefined {
  const site = states.get(siteKind, siteId);
  if (!site) return against('/siteId', `没有场所 ${siteId}。`, `There is no site ${siteId}.`);
  if (before !== undefined && before !== siteId)
    return against('/siteId', `工程不能改换场所（现为 ${before}）。`, `A project stays at its site (${before}).`);
  if (mayEdit({ partyId: site.partyId, id: site.id }, caller)) return undefined;
  return {
    problem: 'not-your-act',
    detail: { zh: '工程由场所所属单位登记。', en: 'A project is registered by the party of its site.' },
    errors: [{ pointer: '/siteId', detail: { zh: '贵单位的场所', en: 'a site of yours' } }],
  };
}

function daysRefusal({ startsOn, endsOn, worksEndedAt, clearedAt }: ProjectRecord, { now }: Facts) {
  if (endsOn !== null && endsOn <= startsOn)
    return against('/endsOn', `须晚于 startsOn（${startsOn}）。`, `It must be after startsOn (${startsOn}).`);
  for (const [pointer, said] of [
    ['/worksEndedAt', worksEndedAt],
    ['/clearedAt', clearedAt],
  ] as const)
    if (said !== null && new Date(said) > now)
      return against(pointer, '不能晚于当前时间：这是已经发生的事。', 'It has happened, so it is not in the future.');
  return undefined;
}

/** The project of a site, if it is of one. A register, so not gated. */
export const projectAtSite: Lookup<string | undefined> = {
  name: 'project-at-site',
  gated: false,
  sql: 'select site_id, id from projects where site_id = any($1::uuid[])',
  read: ([row]) => row?.[1] as string | undefined,
};
