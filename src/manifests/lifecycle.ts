/**
 * The life of a hazardous-waste manifest. TM = 《危险废物转移管理办法》, Order 23 of 2021, in force 2022-01-01.
 * Pure: no clock, no database.
 */
import type { ActKind } from '../platform/acts.ts';
import type { Refusal } from '../problems.ts';
import type { Status } from './tables.ts';

export type ManifestRole = 'consignor' | 'carrier' | 'consignee';

export interface Transition {
  readonly kind: ActKind;
  readonly by: readonly ManifestRole[];
  readonly from: readonly Status[];
  readonly to: Status;
  readonly basis: string;
  readonly title: { readonly zh: string; readonly en: string };
}

export const TRANSITIONS = {
  revise: {
    kind: 'paper',
    by: ['consignor'],
    from: ['draft'],
    to: 'draft',
    basis: 'TM 10(4)',
    title: { zh: '修改草稿', en: 'Revise the draft' },
  },
  issue: {
    kind: 'paper',
    by: ['consignor'],
    from: ['draft'],
    to: 'issued',
    basis: 'TM 10(4), 15, 16',
    title: { zh: '签发', en: 'Issue' },
  },
  pickup: {
    kind: 'physical',
    by: ['carrier'],
    from: ['issued'],
    to: 'in_transit',
    basis: 'TM 11(1)-(2)',
    title: { zh: '装运', en: 'Pick up' },
  },
  arrival: {
    kind: 'physical',
    by: ['carrier', 'consignee'],
    from: ['in_transit'],
    to: 'arrived',
    basis: 'TM 11(4)',
    title: { zh: '运抵', en: 'Arrive' },
  },
  receipt: {
    kind: 'paper',
    by: ['consignee'],
    from: ['arrived'],
    to: 'received',
    basis: 'TM 12(1)-(2), 18',
    title: { zh: '接受', en: 'Receive' },
  },
  void: {
    kind: 'paper',
    by: ['consignor'],
    from: ['draft', 'issued'],
    to: 'void',
    basis: 'TM 11(1): nothing has been loaded',
    title: { zh: '作废', en: 'Void' },
  },
} as const satisfies Record<string, Transition>;

export type ManifestAct = keyof typeof TRANSITIONS;

/** Working days after the day of the named status; that day itself is not counted (Civil Code 201). The number is a dated row. */
export const DEADLINES = {
  /** TM 18 counts from 接受; until that is recorded the clock runs from arrival (docs/decisions/0006-clocks.md). */
  receipt: { after: 'arrived', policy: 'confirm-receipt-working-days', basis: 'TM 18 ¶1' },
} as const;

export interface Standing {
  readonly status: Status;
  readonly consignorId: string;
  readonly carrierId: string;
  readonly consigneeId: string;
}

export function rolesOf(manifest: Standing, partyId: string): ManifestRole[] {
  const roles: ManifestRole[] = [];
  if (manifest.consignorId === partyId) roles.push('consignor');
  if (manifest.carrierId === partyId) roles.push('carrier');
  if (manifest.consigneeId === partyId) roles.push('consignee');
  return roles;
}

/** May this party do this act now? Answers with data; never throws. */
export function decideTransition(
  act: ManifestAct,
  manifest: Standing,
  partyId: string,
): { to: Status } | { refused: Refusal } {
  const { by, from, to, basis }: Transition = TRANSITIONS[act];
  if (!rolesOf(manifest, partyId).some((role) => by.includes(role))) {
    return {
      refused: {
        problem: 'not-your-act',
        detail: {
          zh: `此操作由${by.map((role) => ROLE_NAMES[role].zh).join('或')}办理。`,
          en: `This belongs to the ${by.join(' or the ')}.`,
        },
        basis,
      },
    };
  }
  if (!from.includes(manifest.status)) {
    return {
      refused: {
        problem: 'wrong-status',
        detail: {
          zh: `联单现为“${STATUS_NAMES[manifest.status].zh}”，此操作须在“${from.map((status) => STATUS_NAMES[status].zh).join('、')}”时办理。`,
          en: `The manifest is ${STATUS_NAMES[manifest.status].en}; this needs it to be ${from.map((status) => STATUS_NAMES[status].en).join(' or ')}.`,
        },
        basis,
        allowedFrom: from,
      },
    };
  }
  return { to };
}

export const ROLE_NAMES: Record<ManifestRole, { zh: string; en: string }> = {
  consignor: { zh: '移出人', en: 'consignor' },
  carrier: { zh: '承运人', en: 'carrier' },
  consignee: { zh: '接受人', en: 'consignee' },
};

export const STATUS_NAMES: Record<Status, { zh: string; en: string }> = {
  draft: { zh: '草稿', en: 'a draft' },
  issued: { zh: '已签发', en: 'issued' },
  in_transit: { zh: '运输中', en: 'in transit' },
  arrived: { zh: '已运抵', en: 'arrived' },
  received: { zh: '已接受', en: 'received' },
  void: { zh: '已作废', en: 'void' },
};

/** What is still to be sent with an act, beyond what every act carries. Shown with `actions[]`. */
export const NEEDED: Record<ManifestAct, readonly string[]> = {
  revise: ['lines'],
  issue: [],
  pickup: ['occurredAt', 'plate', 'lines[].massGrams'],
  arrival: ['occurredAt'],
  receipt: ['occurredAt', 'lines[].acceptedGrams'],
  void: ['reason'],
};
