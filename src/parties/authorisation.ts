import type { Role } from './tables.ts';

/**
 * Who may use which operation at all. What a role may do with a given manifest or site is decided where that subject
 * is known; this table is the outer gate, and a test walks every route against it. A route that is not listed here
 * stops the service from starting.
 */
const READERS = ['administrator', 'regulator', 'member', 'driver'] as const;
const ALL = ['administrator', 'regulator', 'member', 'device', 'driver'] as const;

export const PERMISSIONS = {
  'me.read': ALL,
  'catalogue.read': READERS,
  'policies.read': READERS,
  'policies.register': ['administrator'],
  'policies.amend': ['administrator'],
  'parties.read': READERS,
  'parties.register': ['administrator'],
  'parties.amend': ['administrator', 'member'],
  'sites.read': READERS,
  'sites.register': ['administrator', 'member'],
  'sites.amend': ['administrator', 'member'],
  'vehicles.read': READERS,
  'vehicles.register': ['administrator', 'member'],
  'vehicles.amend': ['administrator', 'member'],
  'people.read': ['administrator', 'member'],
  'people.register': ['administrator', 'member'],
  'people.amend': ['administrator', 'member'],
  'devices.read': ['administrator', 'regulator', 'member'],
  'devices.register': ['administrator', 'member'],
  'devices.amend': ['administrator', 'member'],
  'keys.read': ['administrator', 'member'],
  'keys.grant': ['administrator', 'member'],
  'keys.revoke': ['administrator', 'member'],
  'delegations.read': ['administrator', 'member'],
  'delegations.register': ['administrator', 'member'],
  'delegations.amend': ['administrator', 'member'],
  'designations.read': ['administrator', 'regulator', 'member'],
  'designations.register': ['administrator', 'regulator'],
  'designations.amend': ['administrator', 'regulator'],
  'permits.read': READERS,
  'permits.register': ['administrator', 'regulator'],
  'permits.amend': ['administrator', 'regulator'],
  'generations.record': ['member'],
  'batches.read': ['regulator', 'member'],
  'balances.read': ['regulator', 'member'],
  'weigh-tickets.record': ['member', 'device', 'driver'],
  'weigh-tickets.read': ['regulator', 'member', 'driver'],
  'manifests.read': ['regulator', 'member', 'driver'],
  'manifests.draft': ['member'],
  'manifests.revise': ['member'],
  'manifests.issue': ['member'],
  'manifests.pickup': ['member', 'driver'],
  'manifests.arrival': ['member', 'driver'],
  'manifests.receipt': ['member'],
  'manifests.void': ['member'],
  'anomalies.read': ['regulator', 'member'],
  'site-class.read': ['regulator', 'member'],
  'reports.read': ['regulator', 'member'],
  'reports.confirm': ['member'],
  'registers.read': ['regulator', 'member'],
  'coverage.read': ['administrator', 'regulator'],
} as const satisfies Record<string, readonly Role[]>;

export type Operation = keyof typeof PERMISSIONS;

/** @throws Error at start for an operation the table does not know. */
export function mayUse(operation: string): (caller: { readonly role: string }) => boolean {
  const roles: readonly string[] | undefined = PERMISSIONS[operation as Operation];
  if (!roles) throw new Error(`parties/authorisation.ts does not say who may do ${operation}`);
  return (caller) => roles.includes(caller.role);
}
