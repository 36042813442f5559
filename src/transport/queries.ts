import type { Lookup } from '../platform/acts.ts';

/** Who stands on a manifest that is more than a draft: only they may hang a ticket on it. */
export const standingLookup: Lookup<readonly string[]> = {
  name: 'standing',
  gated: false,
  sql: 'select id, consignor_id, carrier_id, consignee_id from manifests where id = any($1::uuid[]) and number is not null',
  read: (rows) => rows.flatMap(([, ...parties]) => parties as string[]),
};
