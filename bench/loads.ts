/**
 * One load of waste from its generation to its receipt: seven acts in this order, by three parties. The same bodies go
 * to the service over HTTP, to the bare floor over HTTP, and straight into the journal. Bodies leave nothing out, so
 * that what a schema would fill in need not be filled in by whoever feeds the journal without one.
 */
export interface City {
  readonly producers: readonly SiteOwner[];
  readonly carriers: readonly Carrier[];
  readonly plants: readonly SiteOwner[];
  readonly holding: Holding;
  readonly regulatorId: string;
  /** Several keys of one regulator, so that reading for it stays below the limit of requests a key has. */
  readonly regulatorKeys: readonly string[];
}

export interface Member {
  readonly partyId: string;
  readonly keyId: string;
  readonly apiKey: string;
}
export type SiteOwner = Member & { readonly siteId: string; readonly region: string };
export type Carrier = Member & { readonly plate: string };

/** A group of companies under one party, which hauls its own waste to its own plant. */
export type Holding = Member & {
  readonly siteIds: readonly string[];
  readonly plantSiteId: string;
  readonly plate: string;
};

export const STEPS = ['generate', 'draft', 'issue', 'pickup', 'weigh', 'arrival', 'receipt'] as const;
export type Step = (typeof STEPS)[number];

export const WASTES = [
  { wasteCode: '900-249-08', name: '废矿物油', form: 'liquid', hazards: ['T', 'I'], packaging: 'tank' },
  { wasteCode: '900-041-49', name: '沾染废包装物', form: 'solid', hazards: ['T'], packaging: 'bulk_bag' },
  { wasteCode: '900-252-12', name: '喷漆废渣', form: 'semi_solid', hazards: ['T', 'I'], packaging: 'drum' },
] as const;

export interface Load {
  readonly name: string;
  readonly producer: SiteOwner;
  readonly carrier: Carrier;
  readonly plant: SiteOwner;
  readonly waste: (typeof WASTES)[number];
  readonly grams: number;
  readonly acceptedGrams: number;
  /** Index into STEPS of the next act. */
  next: number;
  manifestId: string;
}

/** One load in this many arrives 12 % short, which the mass rule then has to raise. */
const SHORT_EVERY = 40;

/** A producer has its contracts, and they are filed. */
export function partnersOf({ producers, carriers, plants }: City, producer: SiteOwner) {
  const nth = producers.indexOf(producer);
  return { carrier: carriers[nth % carriers.length]!, plant: plants[nth % plants.length]! };
}

/** @param random gives numbers in [0, 1). */
function newLoad(city: City, run: string, nth: number, random: () => number): Load {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const grams = (1_000 + Math.floor(random() * 9_000)) * 1_000;
  const producer = pick(city.producers);
  return {
    name: `${run}-${nth}`,
    producer,
    ...partnersOf(city, producer),
    waste: pick(WASTES),
    grams,
    acceptedGrams: nth % SHORT_EVERY === 0 ? Math.floor(grams * 0.88) : grams - 2_000,
    next: 0,
    manifestId: '',
  };
}

export interface PlannedAct {
  readonly step: Step;
  readonly by: Member;
  readonly path: string;
  readonly key: string;
  readonly body: object;
}

const TRUCK_GRAMS = 9_600_000;
const quantity = { pieces: 0 };
const UNSAID = { hazardousComponent: null, unNumber: null, packingGroup: null };

export function nextAct(load: Load, now: Date): PlannedAct {
  const step = STEPS[load.next]!;
  const occurredAt = now.toISOString();
  const physical = { occurredAt, entryMode: 'live' };
  const act = (by: Member, path: string, body: object): PlannedAct => ({
    step,
    by,
    path,
    key: `${load.name}-${step}`,
    body,
  });
  const { producer, carrier, plant, waste, grams, manifestId } = load;
  const { wasteCode } = waste;
  switch (step) {
    case 'generate':
      return act(producer, '/v1/generations', {
        ...physical,
        ...quantity,
        siteId: producer.siteId,
        wasteCode,
        massGrams: grams,
      });
    case 'draft':
      return act(producer, '/v1/manifests', {
        stream: 'hazardous',
        consignorSiteId: producer.siteId,
        carrierId: carrier.partyId,
        onwardCarrierIds: [],
        consigneeSiteId: plant.siteId,
        shipperRole: 'consignor',
        lines: [{ ...waste, ...quantity, ...UNSAID, massGrams: grams, plannedMethod: 'D10', batchIds: [] }],
      });
    case 'issue':
      return act(producer, `/v1/manifests/${manifestId}/issue`, {});
    case 'pickup':
      return act(carrier, `/v1/manifests/${manifestId}/pickup`, {
        ...physical,
        plate: carrier.plate,
        lines: [{ line: 1, massGrams: grams, ...quantity }],
      });
    case 'weigh':
      return act(plant, '/v1/weigh-tickets', { ...physical, ...ticketOf(load) });
    case 'arrival':
      return act(carrier, `/v1/manifests/${manifestId}/arrival`, physical);
    case 'receipt':
      return act(plant, `/v1/manifests/${manifestId}/receipt`, {
        ...physical,
        lines: [{ line: 1, acceptedGrams: load.acceptedGrams, refusedGrams: 0, refusedPieces: 0 }],
        discrepancies: [],
      });
  }
}

const ticketOf = ({ name, plant, carrier, acceptedGrams, manifestId }: Load): object => ({
  ticketNumber: name,
  siteId: plant.siteId,
  purpose: 'unloading',
  plate: carrier.plate,
  grossGrams: acceptedGrams + TRUCK_GRAMS,
  tareGrams: TRUCK_GRAMS,
  scaleDivisionGrams: 20_000,
  manifestId,
});

/** What the answer to an act changes. @returns whether the load has an act left. */
function advance(load: Load, answeredId: string): boolean {
  if (STEPS[load.next] === 'draft') load.manifestId = answeredId;
  load.next += 1;
  return load.next < STEPS.length;
}

/** Mulberry32: the same loads in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Loads under way, of which any that waits may be taken: acts of all kinds and parties are mixed. */
export interface LoadQueue {
  /** Undefined when everything has been played, or what is left is in other hands. */
  take(): Load | undefined;
  /** After its act was answered; a finished load makes room for a new one. */
  putBack(load: Load, answeredId: string): void;
}

export interface QueueOptions {
  readonly city: City;
  /** Begins the name of every load and key: another one for every window on a database. */
  readonly run: string;
  readonly seed: number;
  readonly underWay: number;
  /** Without it, loads never run out. */
  readonly loadsMax?: number;
}

export function loadQueue({ city, run, seed, underWay, loadsMax = Number.POSITIVE_INFINITY }: QueueOptions): LoadQueue {
  const random = seededRandom(seed);
  let begun = 0;
  const begin = () => newLoad(city, run, begun++, random);
  const waiting = Array.from({ length: Math.min(underWay, loadsMax) }, begin);
  return {
    take() {
      const place = Math.floor(random() * waiting.length);
      const load = waiting[place];
      const last = waiting.pop();
      if (load && last && load !== last) waiting[place] = last;
      return load;
    },
    putBack(load, answeredId) {
      if (advance(load, answeredId)) waiting.push(load);
      else if (begun < loadsMax) waiting.push(begin());
    },
  };
}
