/**
 * What a scan does to a container, step by step. Pure: states in, states out. Physics is recorded: a scan from a state that is not
 * among `from` is booked all the same, told to whoever scanned and counted on the container.
 * TM = 《危险废物转移管理办法》, Order 23 of 2021.
 */
export const CONTAINER_STATES = ['stored', 'loaded', 'on_hold', 'accepted', 'refused', 'treated', 'emptied'] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

interface Transition {
  readonly from: readonly ContainerState[];
  /** Null: the state stays. */
  readonly to: ContainerState | null;
  /** By what the container is known to be there before: the site of the step, or the manifest it is on. */
  readonly expects: 'site' | 'manifest';
  /** Where it is afterwards: at the site of the step, on its manifest, or both: waiting there for a decision. */
  readonly leaves: 'site' | 'manifest' | 'both';
  readonly event: string;
  readonly basis: string;
}

export const TRANSITIONS = {
  load: {
    from: ['stored', 'accepted', 'refused'],
    to: 'loaded',
    expects: 'site',
    leaves: 'manifest',
    event: 'container_loaded',
    basis: 'TM 10(3), 13',
  },
  hand_over: {
    from: ['loaded'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'manifest',
    event: 'container_handed_over',
    basis: 'TM 17',
  },
  stop: {
    from: ['loaded'],
    to: 'loaded',
    expects: 'manifest',
    leaves: 'both',
    event: 'container_stored_in_transit',
    basis: 'TM 17',
  },
  arrive: {
    from: ['loaded'],
    to: 'on_hold',
    expects: 'manifest',
    leaves: 'both',
    event: 'container_arrived',
    basis: 'TM 12(1)',
  },
  accept: {
    from: ['on_hold'],
    to: 'accepted',
    expects: 'manifest',
    leaves: 'site',
    event: 'container_accepted',
    basis: 'TM 12(2)',
  },
  refuse: {
    from: ['on_hold'],
    to: 'refused',
    expects: 'manifest',
    leaves: 'both',
    event: 'container_refused',
    basis: 'TM 18 ¶2',
  },
  bring_back: {
    from: ['loaded', 'refused'],
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
    basis: 'HJ 1259 annex B.2, B.3',
  },
  treat: {
    from: ['stored', 'accepted'],
    to: 'treated',
    expects: 'site',
    leaves: 'site',
    event: 'container_treated',
    basis: 'HJ 1259 annex B.4',
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
