/**
 * What a scan does to a container, step by step. Pure: states in, states out. Physics is recorded: a scan from a state that is not
 * among `from` is booked all the same, told to whoever scanned and counted on the container.
 * TM = 《危险废物转移管理办法》, Order 23 of 2021.
 */
export const CONTAINER_STATES = [
  'stored',
  'loaded',
  'on_hold',
  'accepted',
  'refused',
  'held_up',
  'missing',
  'lost',
  'treated',
  'emptied',
] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

export const CONTAINER_STATE_NAMES: Readonly<Record<ContainerState, { readonly zh: string; readonly en: string }>> = {
  stored: { zh: '在库', en: 'in stock' },
  loaded: { zh: '在途', en: 'on the road' },
  on_hold: { zh: '待接受', en: 'waiting to be accepted' },
  accepted: { zh: '已接受', en: 'accepted' },
  refused: { zh: '已拒收', en: 'refused' },
  held_up: { zh: '因突发情况滞留', en: 'held up by an incident' },
  missing: { zh: '缺失', en: 'missing' },
  lost: { zh: '已损失', en: 'lost' },
  treated: { zh: '已利用处置', en: 'used or disposed of' },
  emptied: { zh: '已腾空', en: 'empty' },
};

interface Transition {
  readonly from: readonly ContainerState[];
  /** Null: the state stays. */
  readonly to: ContainerState | null;
  /** By what the container is known to be there before: the site of the step, or the manifest it is on. */
  readonly expects: 'site' | 'manifest';
  /** Where it is afterwards: at the site of the step, on its manifest, both (it waits there for a decision), or where it was. */
  readonly leaves: 'site' | 'manifest' | 'both' | 'there';
  readonly event: string;
  readonly basis: string;
}

export const TRANSITIONS = {
  load: {
    from: ['stored', 'accepted', 'refused', 'held_up'],
    to: 'loaded',
    expects: 'site',
    leaves: 'manifest',
    event: 'container_loaded',
    basis: 'TM 10(3), 13',
  },
  hand_over: {
    from: ['loaded', 'missing'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'manifest',
    event: 'container_handed_over',
    basis: 'TM 17',
  },
  stop: {
    from: ['loaded', 'missing'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'both',
    event: 'container_stored_in_transit',
    basis: 'TM 17',
  },
  depart: {
    from: ['loaded', 'missing'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'manifest',
    event: 'container_departed',
    basis: 'TM 11(3)',
  },
  arrive: {
    from: ['loaded', 'missing'],
    to: 'on_hold',
    expects: 'manifest',
    leaves: 'both',
    event: 'container_arrived',
    basis: 'TM 12(1)',
  },
  accept: {
    from: ['on_hold', 'missing'],
    to: 'accepted',
    expects: 'manifest',
    leaves: 'site',
    event: 'container_accepted',
    basis: 'TM 12(2)',
  },
  refuse: {
    from: ['on_hold', 'missing'],
    to: 'refused',
    expects: 'manifest',
    leaves: 'both',
    event: 'container_refused',
    basis: 'TM 18 ¶2',
  },
  /** It was to be among what was scanned, and was not. */
  miss: {
    from: ['loaded', 'on_hold', 'refused', 'missing'],
    to: 'missing',
    expects: 'manifest',
    leaves: 'there',
    event: 'container_missed',
    basis: 'TM 12(1), 17',
  },
  /** Seen with a load that it is no part of: told, and nothing of it changes. */
  sight: {
    from: [],
    to: null,
    expects: 'manifest',
    leaves: 'there',
    event: 'container_sighted',
    basis: 'HJ 1276-2022',
  },
  hold_up: {
    from: ['loaded', 'missing'],
    to: 'held_up',
    expects: 'manifest',
    leaves: 'there',
    event: 'container_held_up',
    basis: '法典 539; 固废法 86',
  },
  lose: {
    from: ['held_up'],
    to: 'lost',
    expects: 'manifest',
    leaves: 'there',
    event: 'container_lost',
    basis: '法典 539; 固废法 86',
  },
  recover: {
    from: ['held_up'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'there',
    event: 'container_recovered',
    basis: '法典 539; 固废法 86',
  },
  /** Recovered when the rest had arrived: it waits to be brought back or sent on. */
  set_aside: {
    from: ['held_up'],
    to: 'held_up',
    expects: 'manifest',
    leaves: 'there',
    event: 'container_recovered',
    basis: '法典 539; 固废法 86',
  },
  send_back: {
    from: ['refused', 'held_up', 'missing'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'manifest',
    event: 'container_sent_back',
    basis: 'TM 18 ¶2',
  },
  bring_back: {
    from: ['loaded', 'refused', 'missing'],
    to: 'stored',
    expects: 'manifest',
    leaves: 'site',
    event: 'container_brought_back',
    basis: 'TM 18 ¶2',
  },
  move: {
    from: ['stored', 'accepted', 'refused'],
    to: null,
    expects: 'site',
    leaves: 'site',
    event: 'container_moved',
    basis: 'HJ 1259-2022 B.2, B.3',
  },
  treat: {
    from: ['stored', 'accepted'],
    to: 'treated',
    expects: 'site',
    leaves: 'site',
    event: 'container_treated',
    basis: 'HJ 1259-2022 B.4',
  },
  /** The record of the treatment was wrong: what was in it is in it still. */
  untreat: {
    from: ['treated'],
    to: 'stored',
    expects: 'site',
    leaves: 'site',
    event: 'container_treatment_reversed',
    basis: 'HJ 1259-2022 B.4',
  },
  empty: {
    from: ['stored', 'accepted', 'treated'],
    to: 'emptied',
    expects: 'site',
    leaves: 'site',
    event: 'container_emptied',
    basis: '法典 538',
  },
} as const satisfies Record<string, Transition>;
export type ContainerStep = keyof typeof TRANSITIONS;
export const stepRow = (step: ContainerStep): Transition => TRANSITIONS[step];

export interface ContainerPlace {
  readonly state: ContainerState;
  readonly partyId: string;
  readonly siteId: string | null;
  readonly manifestId: string | null;
}

/** In how far a scan and the record differ; null when they agree. Never throws. */
export function contradictionOf(
  step: ContainerStep,
  known: ContainerPlace,
  at: { readonly siteId: string | null; readonly manifestId: string | null },
): ContainerPlace | null {
  const { from, expects } = stepRow(step);
  const isWhereItWas = expects === 'site' ? known.siteId === at.siteId : known.manifestId === at.manifestId;
  if (from.includes(known.state) && isWhereItWas) return null;
  const { state, partyId, siteId, manifestId } = known;
  return { state, partyId, siteId, manifestId };
}
