/**
 * What left a project in a month and what was received of it agree: 济南市城市建筑垃圾管理条例 28 says so, 法典 518 asks for the manifests
 * that make it possible. Only loads that have been decided on are compared, so that what is under way says nothing; what was refused was
 * received by nobody and is no loss; between m³ at one end and tonnes at the other lies a density, which the rule of masses judges load by load. Pure.
 */
import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { OF_PROJECTS } from '../../catalogue/streams.ts';
import { massText, type Rule, stepOver } from './rule.ts';

export const PROJECT_DISCHARGE_RECEIVED_RULE: Rule<'project', 'projectSite' | 'monthFlow', object> = {
  id: 'project_discharge_received',
  codes: ['CW-04'],
  kind: 'condition',
  title: { zh: '工程当月排放量与消纳量不符', en: 'What left a project in a month is not what was received' },
  streams: OF_PROJECTS,
  subject: 'project',
  parameters: z.strictObject({}),
  unit: 'permille',
  facts: ['projectSite', 'monthFlow'],
  wokenBy: { receipt_recorded: 'project_months', manifest_corrected: 'project_months' },
  /** The law of the last day of that month, or of today while the month runs. */
  sceneOf: ({ projectSite }, { now, period }) => ({
    region: projectSite.region,
    stream: OF_PROJECTS[0]!,
    day: [dayInShanghai(now), `${period}-28`].sort()[0]!,
    partyIds: [projectSite.partyId],
    regions: [projectSite.region],
  }),
  judge({ project, projectSite, monthFlow }, { steps, basis, period }) {
    const { settledGrams, densityGrams, acceptedGrams, refusedGrams, trips } = monthFlow;
    if (settledGrams === 0) return { notJudged: 'settledGrams' };
    const receivedGrams = acceptedGrams + refusedGrams;
    const permille = (Math.abs(settledGrams - densityGrams - receivedGrams) * 1_000) / settledGrams;
    const step = stepOver(steps, permille);
    if (!step) return { clear: true };
    const [left, came, percent] = [massText(settledGrams), massText(receivedGrams), (permille / 10).toFixed(1)];
    return {
      finding: {
        severity: step.severity,
        observed: { receivedGrams, trips },
        expected: { dischargedGrams: settledGrams },
        tolerance: { name: 'project_discharge_received', value: step.over, unit: 'permille', source: basis },
        basis,
        evidence: [project.id],
        summary: {
          zh: `${project.name} ${period} 已办结联单排放 ${left}，消纳场所收到 ${came}，相差 ${percent} %。`,
          en: `In ${period}, ${left} left ${project.name} on settled manifests and ${came} came to the receiving sites: ${percent} % apart.`,
        },
        question: {
          partyId: projectSite.partyId,
          zh: '相差的部分去了哪里？',
          en: 'Where did the difference go?',
        },
      },
    };
  },
};
