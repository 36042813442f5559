import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { judgeMassOf } from './commands.ts';

/** Each job is an act of the service's own: it loads what it judges under the anomaly's lock, and so is never stale. */
export const reconciliationJobs: readonly JobDefinition[] = [
  {
    name: 'judge_mass',
    async handle({ manifestId }) {
      if (!manifestId) throw new PermanentError('judge_mass needs a manifestId');
      return [{ act: judgeMassOf, input: { manifestId } }];
    },
  },
];
