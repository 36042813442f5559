import type { Refusal } from '../problems.ts';
import { ROLE_NAMES, type Role } from './tables.ts';

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
  'permits.uses': ['regulator', 'member'],
  'permits.register': ['administrator', 'regulator', 'member'],
  'permits.amend': ['administrator', 'regulator', 'member'],
  'generations.record': ['member'],
  'containers.label': ['member'],
  'containers.nest': ['member'],
  'containers.empty': ['member'],
  'containers.close': ['member'],
  'container-weighings.record': ['member', 'device', 'driver'],
  'container-weighings.read': ['regulator', 'member', 'driver'],
  'containers.read': ['regulator', 'member', 'driver'],
  'stores.read': ['administrator', 'regulator', 'member'],
  'stores.register': ['administrator', 'member'],
  'stores.amend': ['administrator', 'member'],
  'tenancies.read': ['administrator', 'regulator', 'member'],
  'tenancies.register': ['administrator', 'member'],
  'tenancies.amend': ['administrator', 'member'],
  'storage-moves.record': ['member'],
  'storage-moves.read': ['regulator', 'member'],
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
  'manifests.pickup-code': ['member'],
  'manifests.pickup-confirmation': ['member'],
  'manifests.handover': ['member', 'driver'],
  'manifests.transit-storage': ['member', 'driver'],
  'manifests.departure': ['member', 'driver'],
  'manifests.return': ['member', 'driver'],
  'manifests.return-receipt': ['member'],
  'manifests.follow-up': ['member'],
  'manifests.incident': ['member', 'driver'],
  'manifests.incident-plan': ['member'],
  'manifests.incident-resolution': ['member'],
  'manifests.correction': ['member'],
  'manifests.correction-approval': ['member', 'regulator'],
  'manifests.correction-rejection': ['member', 'regulator'],
  'manifests.correction-withdrawal': ['member'],
  'collections.file': ['member'],
  'collections.pickup': ['member', 'driver'],
  'collections.pickup-confirmation': ['member'],
  'collections.arrival': ['member', 'driver'],
  'collections.receipt': ['member'],
  'collections.read': ['regulator', 'member', 'driver'],
  'monthly-manifests.draw': ['member'],
  'monthly-manifests.read': ['regulator', 'member'],
  'trips.read': ['regulator', 'member', 'driver'],
  'trips.start': ['member', 'driver'],
  'trips.end': ['member', 'driver'],
  'treatments.record': ['member'],
  'treatments.reverse': ['member'],
  'treatments.read': ['regulator', 'member'],
  'anomalies.read': ['regulator', 'member'],
  'rules.read': READERS,
  'rules.register': ['administrator'],
  'rules.amend': ['administrator'],
  'site-class.read': ['regulator', 'member'],
  'reports.read': ['regulator', 'member'],
  'reports.confirm': ['member'],
  'registers.read': ['regulator', 'member'],
  'coverage.read': ['administrator', 'regulator'],
} as const satisfies Record<string, readonly Role[]>;

export type Operation = keyof typeof PERMISSIONS;

/** @throws Error at start for an operation the table does not know. */
export function refusalOfUse(operation: string): (caller: { readonly role: string }) => Refusal | undefined {
  const roles: readonly string[] | undefined = PERMISSIONS[operation as Operation];
  if (!roles) throw new Error(`parties/authorisation.ts does not say who may do ${operation}`);
  return ({ role }) =>
    roles.includes(role) ? undefined : notForRole(role as Role, operation, roles as readonly Role[]);
}

const notForRole = (role: Role, operation: string, roles: readonly Role[]): Refusal => ({
  problem: 'not-your-act',
  detail: {
    zh: `${ROLE_NAMES[role]}密钥不能办理 ${operation}；可由${roles.map((one) => ROLE_NAMES[one]).join('、')}办理。`,
    en: `A key for ${role} may not do ${operation}; it is for ${roles.join(', ')}.`,
  },
});
