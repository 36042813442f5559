/**
 * The life of an anomaly. The service raises and clears; a breach is never cleared, for it happened: it ends, and is void
 * when a later fact shows that it never was. What people do with it (explain, accept, dismiss, close) are further rows of
 * this table. Pure.
 */
export const ANOMALY_STATUSES = ['open', 'ended', 'cleared', 'void'] as const;
export type AnomalyStatus = (typeof ANOMALY_STATUSES)[number];

export type AnomalyActor = 'service';

interface Transition {
  readonly by: readonly AnomalyActor[];
  /** Null: there is none yet. */
  readonly from: readonly (AnomalyStatus | null)[];
  readonly to: AnomalyStatus;
  readonly event: string;
  readonly basis: string;
}

const OURS = '本平台约定 0010';

export const TRANSITIONS = {
  raise: { by: ['service'], from: [null], to: 'open', event: 'anomaly_raised', basis: OURS },
  update: { by: ['service'], from: ['open'], to: 'open', event: 'anomaly_updated', basis: OURS },
  reopen: { by: ['service'], from: ['ended', 'cleared', 'void'], to: 'open', event: 'anomaly_reopened', basis: OURS },
  clear: { by: ['service'], from: ['open'], to: 'cleared', event: 'anomaly_cleared', basis: OURS },
  end: { by: ['service'], from: ['open', 'ended'], to: 'ended', event: 'anomaly_ended', basis: OURS },
  annul: { by: ['service'], from: ['open', 'ended'], to: 'void', event: 'anomaly_voided', basis: OURS },
} as const satisfies Record<string, Transition>;
export type AnomalyStep = keyof typeof TRANSITIONS;

const STATUS_AFTER = new Map<string, AnomalyStatus>(
  Object.values(TRANSITIONS).map(({ event, to }) => [event, to] as const),
);

/** @throws Error for an event an anomaly does not know. */
export function statusAfter(event: string): AnomalyStatus {
  const status = STATUS_AFTER.get(event);
  if (!status) throw new Error(`an anomaly knows no event ${event}`);
  return status;
}

export interface Standing {
  readonly status: AnomalyStatus;
  readonly findingHash: string;
}

/** What a judge said, as far as the life of an anomaly is concerned. */
export interface Said {
  readonly kind: 'condition' | 'breach';
  /** Undefined: nothing is wrong. */
  readonly findingHash: string | undefined;
  /** A breach that is over. */
  readonly isOver: boolean;
}

/** The steps an anomaly takes when a judge has spoken, in order; none when nothing changed. Pure; never throws. */
export function stepsOf(before: Standing | undefined, { kind, findingHash, isOver }: Said): AnomalyStep[] {
  if (findingHash === undefined) {
    const step = kind === 'breach' ? 'annul' : 'clear';
    const from: readonly (AnomalyStatus | null)[] = TRANSITIONS[step].from;
    return before && from.includes(before.status) ? [step] : [];
  }
  const isSame = before?.findingHash === findingHash;
  if (isOver) {
    if (before?.status === 'ended') return isSame ? [] : ['end'];
    return before?.status === 'open' ? ['end'] : [before ? 'reopen' : 'raise', 'end'];
  }
  if (!before) return ['raise'];
  if (before.status !== 'open') return ['reopen'];
  return isSame ? [] : ['update'];
}
