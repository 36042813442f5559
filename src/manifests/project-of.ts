/** 工地: the project a load comes from. It follows from the site, so that nobody has to type it; where it must be known is a policy. Pure. */
import type { PolicyBook } from '../catalogue/reference.ts';
import { OF_PROJECTS } from '../catalogue/streams.ts';
import type { Needs, States, Warning } from '../platform/acts.ts';
import { against, type Refusal } from '../problems.ts';
import { projectAtSite } from '../projects/registers.ts';
import { streamOf } from './fields.ts';
import type { DraftInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';

const comesFromProjects = (stream: string): boolean => OF_PROJECTS.includes(stream);

export const projectLookups = (input: DraftInput): NonNullable<Needs['lookups']> =>
  comesFromProjects(streamOf(input)) ? [{ lookup: projectAtSite, key: input.consignorSiteId }] : [];

/** That of the site the draft starts from. @refuses against-rule: one it names is another. */
export function projectOf(input: DraftInput, states: States): { projectId?: string } | { refusal: Refusal } {
  if (!comesFromProjects(streamOf(input))) return {};
  const here = states.found(projectAtSite, input.consignorSiteId);
  if (input.projectId !== undefined && input.projectId !== here)
    return {
      refusal: against(
        '/projectId',
        here === undefined ? '该场所没有登记工程。' : `该场所属于工程 ${here}。`,
        here === undefined ? 'No project is registered at this site.' : `The site is of project ${here}.`,
      ),
    };
  return here === undefined ? {} : { projectId: here };
}

/** What follows, at issue, from not knowing the project: what the policy of the origin says; where there is none, nothing. */
export function projectMissing(
  { projectId, stream, originRegion: region }: Pick<Manifest, 'projectId' | 'stream' | 'originRegion'>,
  day: string,
  reference: PolicyBook,
): { readonly refusal: Refusal } | { readonly warnings: Warning[] } {
  const policy = projectId === null ? reference.policyIf('project-missing', { region, stream, day }) : undefined;
  if (!policy) return { warnings: [] };
  const { zh, en } = {
    zh: '该场所没有登记工程；请先登记：POST /v1/projects。',
    en: 'No project is registered at the site it starts from; enter one: POST /v1/projects.',
  };
  const basis = `${policy.basis.instrument} ${policy.basis.article}`;
  if (policy.value === 'refuse') return { refusal: against('/projectId', zh, en, basis) };
  return { warnings: [{ code: 'project-missing', pointer: '/projectId', detail: { zh, en }, basis }] };
}
