import type { Act } from '../platform/acts.ts';
import type { Json } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import { SYSTEM_CALLER, SYSTEM_PARTY } from '../platform/jobs.ts';
import type { Journal } from '../platform/journal.ts';
import type { Kind } from '../platform/subjects.ts';
import { seedPolicyRows } from './policies.ts';
import { policyKind } from './registers.ts';

/** Enters a shipped row once. Whoever amended it since keeps what he decided. */
function adoptRow<Row extends { readonly id: string }>(kind: Kind): Act<Row> {
  const seedId = (row: Row): string => namedUuid(`${kind.name} ${row.id}`);
  return {
    name: `adopt_${kind.name}`,
    kind: 'system',
    needs: (row) => ({ lock: [{ kind: kind.name, id: seedId(row) }] }),
    decide(row, states, facts) {
      const id = seedId(row);
      if (states.get(kind, id)) return { events: [], answer: { id } };
      const { id: _, ...record } = row;
      return {
        events: [
          {
            type: `${kind.name}_registered`,
            subject: { kind: kind.name, id },
            occurredAt: facts.now,
            data: { record: record as unknown as Json },
          },
        ],
        answer: { id },
      };
    },
  };
}

/** Enters the shipped rows of a register that are not there yet. @throws what the journal throws. */
export async function seedRows(journal: Journal, kind: Kind, rows: readonly { readonly id: string }[]): Promise<void> {
  const adopt = adoptRow(kind);
  await Promise.all(
    rows.map((row) =>
      journal.submit(adopt, row, {
        caller: SYSTEM_CALLER,
        organisation: SYSTEM_PARTY,
        key: `job:seed:${kind.name}:${row.id}`,
        // A later build may word the row otherwise: it is the same row.
        fingerprint: { path: kind.name, body: row.id },
      }),
    ),
  );
}

export const seedPolicies = (journal: Journal): Promise<void> =>
  seedRows(journal, policyKind as unknown as Kind, seedPolicyRows);
