import type { Operation } from '../../src/parties/authorisation.ts';
import type { Role } from '../../src/parties/tables.ts';

/**
 * Every route by every kind of caller. The outer gate is `PERMISSIONS`; behind it each row says who is let in,
 * who is told that it is not his act, and who is told nothing: everyone else.
 */
export const KINDS = {
  administrator: 'administrator',
  consignor: 'member',
  /** A key of the consignor that is bound to the site its manifests start from. */
  consignorHere: 'member',
  /** Another, bound to a site they do not. */
  consignorElsewhere: 'member',
  /** Of another party, to whom the consignor has delegated some acts at that site. */
  agent: 'member',
  carrier: 'member',
  /** Stands on every manifest, as the carrier of a second leg. */
  secondCarrier: 'member',
  consignee: 'member',
  /** Keeps waste in the unit's shared store, as the consignor does; has nothing else to do with anybody. */
  tenant: 'member',
  stranger: 'member',
  driver: 'driver',
  secondDriver: 'driver',
  device: 'device',
  regulatorHere: 'regulator',
  /** Of a county where a load was put down on its way. */
  regulatorPassed: 'regulator',
  regulatorElsewhere: 'regulator',
  regulatorOfMedical: 'regulator',
} as const satisfies Record<string, Role>;
export type Kind = keyof typeof KINDS;
export const ALL = Object.keys(KINDS) as Kind[];
const MEMBERS = ALL.filter((kind) => KINDS[kind] === 'member');
export const membersBut = (...kinds: readonly Kind[]): Kind[] => MEMBERS.filter((kind) => !kinds.includes(kind));
export const EVERY_READER = ALL.filter((kind) => kind !== 'device');

/** What the agent may do in the consignor's name. */
export const DELEGATED = ['generation', 'storage', 'draft', 'issue', 'report'] as const;

/** The consignor's own people where its manifests start. */
export const CONSIGNOR: readonly Kind[] = ['consignor', 'consignorHere'];
export const CARRIER: readonly Kind[] = ['carrier', 'driver'];
export const SECOND_CARRIER: readonly Kind[] = ['secondCarrier', 'secondDriver'];
export const ON_MANIFEST: readonly Kind[] = [...CONSIGNOR, ...CARRIER, ...SECOND_CARRIER, 'consignee'];
export const SEES_MANIFEST: readonly Kind[] = [...ON_MANIFEST, 'regulatorHere'];
/** Whoever may know of the consignor's stock at that site. */
export const SEES_STOCK: readonly Kind[] = [...CONSIGNOR, 'agent', 'regulatorHere'];
/** Regulators of that city, whatever their streams. */
export const WATCHERS: readonly Kind[] = ['regulatorHere', 'regulatorOfMedical'];

export interface Row {
  readonly operation: Operation;
  readonly url: string;
  readonly body?: object | string;
  /** Where the body is a file and no JSON. */
  readonly headers?: Record<string, string>;
  /** Let in: the answer is a success, or a refusal that has nothing to do with who asks. */
  readonly may: readonly Kind[];
  /** Told that it is not theirs to do (403): they may know of the subject. Everyone else gets 404. */
  readonly told?: readonly Kind[];
  /** Let in, and shown nothing: a regulator of other streams. */
  readonly empty?: readonly Kind[];
  /** A list is open to everyone with the permission; the subject is in it for `may` alone. */
  readonly lists?: string;
}
export type Rows = Record<string, Row>;
