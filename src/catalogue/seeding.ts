import type { Act } from '../platform/acts.ts';
import type { Json } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import { SYSTEM_CALLER, SYSTEM_PARTY } from '../platform/jobs.ts';
import type { Journal } from '../platform/journal.ts';
import { type PolicyRow, seedPolicyRows } from './policies.ts';
import { policyKind } from './registers.ts';

/** Enters a shipped row once. Whoever amended it since keeps what he decided. */
const adoptPolicy: Act<PolicyRow> = {
  name: 'adopt_policy',
  kind: 'system',
  needs: (row) => ({ lock: [{ kind: 'policy', id: seedId(row) }] }),
  decide(row, states, facts) {
    const id = seedId(row);
    if (states.get(policyKind, id)) return { events: [], answer: { id } };
    const { id: _, ...record } = row;
    return {
      events: [
        {
          type: 'policy_registered',
          subject: { kind: 'policy', id },
          occurredAt: facts.now,
          data: { record: record as unknown as Json },
        },
      ],
      answer: { id },
    };
  },
};

const seedId = (row: PolicyRow): string => namedUuid(`policy ${row.id}`);

export async function seedPolicies(journal: Journal): Promise<void> {
  const submission = { caller: SYSTEM_CALLER, organisation: SYSTEM_PARTY };
  await Promise.all(
    seedPolicyRows.map((row) => journal.submit(adoptPolicy, row, { ...submission, key: `job:seed:${row.id}` })),
  );
}
