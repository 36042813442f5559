/**
 * The life of a hazardous-waste manifest. TM = 《危险废物转移管理办法》, Order 23 of 2021, in force 2022-01-01.
 * Pure: no clock, no database.
 */
import type { ActKind } from '../platform/acts.ts';
import { type Refusal, sentence } from '../problems.ts';
import type { Manifest } from './manifest.ts';
import type { HandoverSide, Status } from './tables.ts';

/** What a party is to a manifest. The carrier is the one whose leg it is now; the others on the way are `leg_carrier`. */
export type ManifestRole = 'consignor' | 'carrier' | 'leg_carrier' | 'consignee';

export interface Transition {
  readonly kind: ActKind;
  readonly by: readonly ManifestRole[];
  readonly from: readonly Status[];
  /** Absent: the act changes something else than the status. */
  readonly to?: Status;
  /** What must hold besides. */
  readonly when?: Condition;
  readonly basis: string;
  readonly title: { readonly zh: string; readonly en: string };
  /** What is still to be sent with it, beyond what every act carries. Shown with `actions[]`. */
  readonly needs: readonly string[];
}

export const TRANSITIONS = {
  revise: {
    kind: 'paper',
    by: ['consignor'],
    from: ['draft'],
    to: 'draft',
    basis: 'TM 10(4)',
    title: { zh: '修改草稿', en: 'Revise the draft' },
    needs: ['lines'],
  },
  issue: {
    kind: 'paper',
    by: ['consignor'],
    from: ['draft'],
    to: 'issued',
    basis: 'TM 10(4), 15, 16',
    title: { zh: '签发', en: 'Issue' },
    needs: [],
  },
  'pickup-code': {
    kind: 'paper',
    by: ['consignor'],
    from: ['issued'],
    basis: 'TM 10(3), 13',
    title: { zh: '发放一次性装运码', en: 'Give out the one-time pickup code' },
    needs: [],
  },
  pickup: {
    kind: 'physical',
    by: ['carrier'],
    from: ['issued'],
    to: 'in_transit',
    basis: 'TM 11(1)-(2)',
    title: { zh: '装运', en: 'Pick up' },
    needs: ['occurredAt', 'plate', 'lines[].massGrams'],
  },
  'pickup-confirmation': {
    kind: 'physical',
    by: ['consignor'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused', 'ended'],
    when: 'pickup-unconfirmed',
    basis: 'TM 10(3)',
    title: { zh: '移出人确认装运', en: 'Confirm the pickup' },
    needs: ['occurredAt'],
  },
  handover: {
    kind: 'physical',
    by: ['carrier', 'leg_carrier'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused', 'ended'],
    when: 'handover-ahead',
    basis: 'TM 17',
    title: { zh: '联运交接', en: 'Hand over to the next carrier' },
    needs: ['occurredAt', 'place'],
  },
  'transit-storage': {
    kind: 'physical',
    by: ['carrier'],
    from: ['in_transit'],
    to: 'stored',
    basis: 'TM 11(3)-(4)',
    title: { zh: '中转贮存', en: 'Put down on the way' },
    needs: ['occurredAt', 'siteId'],
  },
  departure: {
    kind: 'physical',
    by: ['carrier'],
    from: ['stored'],
    to: 'in_transit',
    basis: 'TM 11(3)',
    title: { zh: '中转后启运', en: 'Leave the place of transit storage' },
    needs: ['occurredAt', 'plate'],
  },
  arrival: {
    kind: 'physical',
    by: ['carrier', 'consignee'],
    from: ['in_transit'],
    to: 'arrived',
    basis: 'TM 11(4)',
    title: { zh: '运抵', en: 'Arrive' },
    needs: ['occurredAt'],
  },
  receipt: {
    kind: 'paper',
    by: ['consignee'],
    from: ['arrived'],
    to: 'received',
    basis: 'TM 12(1)-(2), 18',
    title: { zh: '接受', en: 'Receive' },
    needs: ['occurredAt', 'lines[].acceptedGrams'],
  },
  return: {
    kind: 'physical',
    by: ['carrier', 'leg_carrier', 'consignee'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused', 'ended'],
    when: 'remainder-held',
    basis: 'TM 18 ¶2',
    title: { zh: '退运启运', en: 'Set off back to the consignor' },
    needs: ['occurredAt', 'plate'],
  },
  'return-receipt': {
    kind: 'physical',
    by: ['consignor'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused', 'ended'],
    when: 'remainder-returning',
    basis: 'TM 10(3), 18 ¶2',
    title: { zh: '退运收回', en: 'Take back' },
    needs: ['occurredAt', 'lines[].massGrams'],
  },
  'follow-up': {
    kind: 'paper',
    by: ['consignor'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused', 'ended'],
    when: 'remainder-held',
    basis: 'TM 16, 18 ¶2',
    title: { zh: '余量转运：另行起草联单', en: 'Send the remainder on with another manifest' },
    needs: ['carrierId', 'consigneeSiteId'],
  },
  incident: {
    kind: 'physical',
    by: ['carrier'],
    from: ['in_transit', 'stored'],
    when: 'no-incident',
    basis: '法典 539; 固废法 86',
    title: { zh: '报告运输突发情况', en: 'Report an incident on the way' },
    needs: ['occurredAt', 'type', 'place', 'lines', 'description'],
  },
  'incident-plan': {
    kind: 'paper',
    by: ['consignor', 'carrier', 'leg_carrier', 'consignee'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused'],
    when: 'incident-open',
    basis: '法典 539; 固废法 85, 86',
    title: { zh: '提交处置方案', en: 'File a plan for the incident' },
    needs: ['plan'],
  },
  'incident-resolution': {
    kind: 'paper',
    by: ['consignor', 'carrier', 'leg_carrier'],
    from: ['in_transit', 'stored', 'arrived', 'received', 'refused'],
    when: 'incident-open',
    basis: '法典 539; 固废法 86',
    title: { zh: '突发情况处置结果', en: 'Settle the incident' },
    needs: ['occurredAt', 'lines'],
  },
  correction: {
    kind: 'paper',
    by: ['consignor', 'carrier', 'leg_carrier', 'consignee'],
    from: ['issued', 'in_transit', 'stored', 'arrived', 'received', 'refused', 'ended'],
    when: 'no-correction',
    basis: 'TM 29',
    title: { zh: '提出更正', en: 'Propose a correction' },
    needs: ['reason', 'changes'],
  },
  void: {
    kind: 'paper',
    by: ['consignor'],
    from: ['draft', 'issued'],
    to: 'void',
    basis: 'TM 11(1)',
    title: { zh: '作废', en: 'Void' },
    needs: ['reason'],
  },
} as const satisfies Record<string, Transition>;

export type ManifestAct = keyof typeof TRANSITIONS;

/** Working days after the day of the named status; that day itself is not counted (Civil Code 201). The number is a dated row. */
export const DEADLINES = {
  /** TM 18 counts from 接受; until that is recorded the clock runs from arrival (docs/decisions/0006-clocks.md). */
  receipt: { after: 'arrived', policy: 'confirm-receipt-working-days', basis: 'TM 18 ¶1' },
  /** A transfer on paper has ended with its arrival. */
  paper: { after: 'arrived', policy: 'paper-backfill-working-days', basis: 'TM 20' },
} as const;

export type Standing = Pick<
  Manifest,
  'status' | 'consignorId' | 'consigneeId' | 'legs' | 'remainders' | 'incident' | 'correction' | 'pickupConfirmedBy'
>;

/** What an act may ask for besides a status, and what is said when it does not hold. */
const CONDITIONS = {
  'remainder-held': {
    holds: ({ remainders }) => remainders.some(({ state }) => state === 'held'),
    zh: '没有待处理的余量（未被拒收，也未自突发情况中回收）',
    en: 'nothing is left over: no part was refused, none recovered after an incident',
  },
  'remainder-returning': {
    holds: ({ remainders }) => remainders.some(({ state }) => state === 'returning'),
    zh: '没有正在退运的余量',
    en: 'nothing is on its way back',
  },
  'incident-open': {
    holds: ({ incident }) => incident !== null,
    zh: '没有未了结的突发情况',
    en: 'no incident is open',
  },
  'no-incident': {
    holds: ({ incident }) => incident === null,
    zh: '已有未了结的突发情况，须先了结',
    en: 'an incident is open; settle it first',
  },
  'no-correction': {
    holds: ({ correction }) => correction === null,
    zh: '已有未了结的更正，须先同意、否决或撤回',
    en: 'a correction is open; approve, reject or withdraw it first',
  },
  'handover-ahead': {
    holds: (manifest) => handoversAwaited(manifest).length > 0,
    zh: '没有待交接的运输段',
    en: 'no leg is waiting for a handover',
  },
  'pickup-unconfirmed': {
    holds: ({ pickupConfirmedBy }) => pickupConfirmedBy === null,
    zh: '移出人已确认装运',
    en: 'the consignor has confirmed it',
  },
} as const satisfies Record<string, { holds(manifest: Standing): boolean; zh: string; en: string }>;
type Condition = keyof typeof CONDITIONS;

/** The legs whose handover somebody has still to report: those where a side is silent, then the next one. Places in the list, from 0. */
export function handoversAwaited({ status, legs }: Pick<Standing, 'status' | 'legs'>): number[] {
  const halfSaid = legs.flatMap(({ handover }, index) => (handover && handover.confirmedBy.length < 2 ? [index] : []));
  const next = currentLeg({ legs }) + 1;
  return status === 'in_transit' && next < legs.length ? [...halfSaid, next] : halfSaid;
}

/** Where a carrier stands in the handover to a leg: it speaks for that side and for no other. */
export const sidesOf = ({ legs }: Pick<Standing, 'legs'>, index: number, carrierId: string): HandoverSide[] => [
  ...(legs[index - 1]?.carrierId === carrierId ? (['giver'] as const) : []),
  ...(legs[index]!.carrierId === carrierId ? (['taker'] as const) : []),
];

/** The leg it is on: the last that has begun, or the first before any has. Its place in the list, from 0. */
export const currentLeg = ({ legs }: Pick<Manifest, 'legs'>): number =>
  Math.max(
    0,
    legs.findLastIndex((leg) => leg.startedAt !== null),
  );

/**
 * Whether what an incident holds up is in the hands of who has the rest of the load, still on its way: then what is
 * recovered goes on with it, or both on a new leg. When the rest has arrived or another carrier has it, it does not.
 */
export const isWithTheRest = ({ status, legs, incident }: Pick<Manifest, 'status' | 'legs' | 'incident'>): boolean =>
  isOnTheWay({ status }) && legs[currentLeg({ legs })]!.carrierId === incident?.carrierId;

export const isOnTheWay = ({ status }: Pick<Manifest, 'status'>): boolean =>
  status === 'in_transit' || status === 'stored';

export function rolesOf(manifest: Standing, partyId: string): ManifestRole[] {
  const roles: ManifestRole[] = [];
  if (manifest.consignorId === partyId) roles.push('consignor');
  const current = currentLeg(manifest);
  for (const [index, leg] of manifest.legs.entries())
    if (leg.carrierId === partyId) roles.push(index === current ? 'carrier' : 'leg_carrier');
  if (manifest.consigneeId === partyId) roles.push('consignee');
  return roles;
}

/** May whoever has these roles do this act now? Answers with data; never throws. */
export function decideTransition(
  act: ManifestAct,
  manifest: Standing,
  roles: readonly ManifestRole[],
): { to: Status } | { refused: Refusal } {
  const { by, from, to, when }: Transition = TRANSITIONS[act];
  if (!roles.some((role) => by.includes(role))) return NOT_YOURS[act];
  if (!from.includes(manifest.status)) return WRONG_STATUS[act][manifest.status];
  if (when && !CONDITIONS[when].holds(manifest)) return UNMET[act]!;
  return { to: to ?? manifest.status };
}

export const ROLE_NAMES: Record<ManifestRole, { zh: string; en: string }> = {
  consignor: { zh: '移出人', en: 'consignor' },
  carrier: { zh: '承运人', en: 'carrier' },
  leg_carrier: { zh: '联运承运人', en: 'carrier of another leg' },
  consignee: { zh: '接受人', en: 'consignee' },
};

export const STATUS_NAMES: Record<Status, { zh: string; en: string }> = {
  draft: { zh: '草稿', en: 'a draft' },
  issued: { zh: '已签发', en: 'issued' },
  in_transit: { zh: '运输中', en: 'in transit' },
  stored: { zh: '中转贮存', en: 'in transit storage' },
  arrived: { zh: '已运抵', en: 'arrived' },
  received: { zh: '已接受', en: 'received' },
  refused: { zh: '已拒收', en: 'refused' },
  ended: { zh: '途中终止', en: 'ended on the way' },
  void: { zh: '已作废', en: 'void' },
};

type Refused = { readonly refused: Refusal };

/** A page of manifests asks for every act of each: what is said is put together once. */
function saidOnce<Value>(say: (transition: Transition) => Value): Record<ManifestAct, Value> {
  return Object.fromEntries(Object.entries(TRANSITIONS).map(([act, row]) => [act, say(row)])) as Record<
    ManifestAct,
    Value
  >;
}

const NOT_YOURS = saidOnce(
  ({ by, basis }): Refused => ({
    refused: {
      problem: 'not-your-act',
      detail: {
        zh: `此操作由${by.map((role) => ROLE_NAMES[role].zh).join('或')}办理。`,
        en: `This belongs to the ${by.map((role) => ROLE_NAMES[role].en).join(' or the ')}.`,
      },
      basis,
    },
  }),
);

const WRONG_STATUS = saidOnce(({ from, basis }) => {
  const wanted = {
    zh: from.map((status) => STATUS_NAMES[status].zh),
    en: from.map((status) => STATUS_NAMES[status].en),
  };
  const refused = (status: Status): Refused => ({
    refused: {
      problem: 'wrong-status',
      detail: {
        zh: `联单现为“${STATUS_NAMES[status].zh}”，此操作须在“${wanted.zh.join('、')}”时办理。`,
        en: `The manifest is ${STATUS_NAMES[status].en}; this needs it to be ${wanted.en.join(' or ')}.`,
      },
      basis,
      allowedFrom: from,
    },
  });
  const statuses = Object.keys(STATUS_NAMES) as Status[];
  return Object.fromEntries(statuses.map((status) => [status, refused(status)])) as Record<Status, Refused>;
});

const UNMET = saidOnce(({ when, basis }): Refused | undefined => {
  if (!when) return undefined;
  return { refused: { problem: 'wrong-status', detail: sentence(CONDITIONS[when]), basis } };
});
