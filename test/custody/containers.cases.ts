import fc from 'fast-check';
import t from 'tap';
import { type Container, containerKind, containerLabelled } from '../../src/custody/containers.ts';
import { accountOf, type Place } from '../../src/custody/ledger.ts';
import {
  CONTAINER_STATES,
  type ContainerState,
  type ContainerStep,
  contradictionOf,
  TRANSITIONS,
} from '../../src/custody/lifecycle.ts';
import {
  containersLoaded,
  containersReceived,
  containersTreated,
  type ReceivedLoad,
  type Scan,
  type Scanned,
  type ScanStep,
  scan,
  weighedTogether,
} from '../../src/custody/scanning.ts';
import { nestContainer } from '../../src/generation/nesting.ts';
import type { States } from '../../src/platform/acts.ts';
import type { EventDraft, RecordedEvent } from '../../src/platform/events.ts';

const scannedAt = (step: ContainerStep) => (states: States, scanned: Scanned, at: Omit<ScanStep, 'step'>) =>
  scan(states, scanned, { ...at, step });
const containersHandedOver = scannedAt('hand_over');
const containersStoredInTransit = scannedAt('stop');
const containersArrived = scannedAt('arrive');
const containersBroughtBack = scannedAt('bring_back');

const AT = new Date('2026-09-16T02:00:00Z');
const WASTE = '900-249-08';
const [PRODUCER, CARRIER, PLANT] = ['producer', 'carrier', 'plant'];
const [FACTORY, HOSPITAL_SITE, PLANT_SITE] = ['factory', 'elsewhere', 'plant-site'];

/** Containers in memory: what the journal does with events, without a database. */
class Yard {
  readonly containers = new Map<string, Container>();
  readonly seqs = new Map<string, number>();

  readonly states = {
    get: (_kind: unknown, id: string) => this.containers.get(id),
    seqOf: () => 0,
    found: () => undefined,
  } as unknown as States;

  apply(events: readonly EventDraft[]): void {
    for (const draft of events) {
      const { id } = draft.subject;
      const event = { ...draft, data: JSON.parse(JSON.stringify(draft.data)) } as unknown as RecordedEvent;
      this.containers.set(id, containerKind.evolve(this.containers.get(id), event));
    }
  }

  label(id: string, changes: Partial<Container> = {}): void {
    const label = {
      name: 'x',
      mainComponents: null,
      harmfulComponents: null,
      precautions: null,
      producedOn: '2026-09-16',
      massGrams: 100,
    };
    const container = {
      ...{
        id,
        packaging: 'drum',
        capacityLitres: null,
        tareGrams: null,
        wasteCode: WASTE,
        form: 'liquid',
        hazards: ['T'],
        label,
      },
      ...{
        unitId: PRODUCER!,
        ownerId: PRODUCER!,
        state: 'stored' as const,
        partyId: PRODUCER!,
        siteId: FACTORY!,
        manifestId: null,
      },
      ...{
        region: '370112',
        batchId: `batch ${id}`,
        grams: 100,
        pieces: 1,
        parentId: null,
        childIds: [],
        contradictions: 0,
      },
    };
    this.apply([containerLabelled({ ...container, ...changes }, { occurredAt: AT })]);
  }

  get(id: string): Container {
    return this.containers.get(id)!;
  }

  /** As `resolveContainers` finds them in the database. */
  resolve(ids: readonly string[]): Scanned {
    const found = new Map<string, string>(ids.map((id) => [id, id]));
    for (const [id, via] of found)
      for (const child of this.get(id).childIds) if (!found.has(child)) found.set(child, via);
    const parents = [...found.keys()].flatMap((id) => this.get(id).parentId ?? []).filter((id) => !found.has(id));
    return { containers: [...found].map(([id, via]) => ({ id, via })), parents: [...new Set(parents)] };
  }

  nest(id: string, parentId: string | null): boolean {
    const around: string[] = [];
    for (let next = parentId; next !== null && !around.includes(next); next = this.get(next).parentId)
      around.push(next);
    const heldIds = [...around, ...(this.get(id).parentId ? [this.get(id).parentId!] : [])];
    const input = { id, parentId, parent: parentId, heldIds, occurredAt: AT.toISOString(), entryMode: 'live' as const };
    const { partyId } = this.get(id);
    const facts = { now: AT, caller: { actor: { party: partyId }, role: 'member' }, reference: {}, newId: () => 'new' };
    const decision = nestContainer.decide(input, this.states, facts as never);
    if ('refused' in decision) return false;
    this.apply(decision.events);
    return true;
  }
}

const at = (changes: Partial<ScanStep> = {}): Omit<ScanStep, 'step'> => ({
  siteId: FACTORY!,
  manifestId: 'm1',
  partyId: CARRIER!,
  region: '370112',
  occurredAt: AT,
  among: [PRODUCER!, CARRIER!, PLANT!],
  ...changes,
});

const done = (found: Scan) => {
  if ('refusal' in found) throw new Error(found.refusal.detail.en);
  return found;
};

t.test('every step from every state: expected or told as a contradiction, by the table', async (t) => {
  const here = { siteId: FACTORY!, manifestId: 'm1' };
  for (const [step, { from, expects, basis }] of Object.entries(TRANSITIONS)) {
    t.ok(basis, step);
    for (const state of CONTAINER_STATES) {
      const known = { state, partyId: PRODUCER!, ...here };
      const expected = (from as readonly ContainerState[]).includes(state);
      t.equal(contradictionOf(step as ContainerStep, known, here) === null, expected, `${step} from ${state}`);
      const away = expects === 'site' ? { ...here, siteId: HOSPITAL_SITE! } : { ...here, manifestId: 'm2' };
      t.match(contradictionOf(step as ContainerStep, known, away), known, `${step} from ${state}, elsewhere`);
    }
  }
});

t.test('from the factory to the plant: each step says where it is, and its mass goes with it', async (t) => {
  const yard = new Yard();
  yard.label('a');
  yard.label('b', { grams: 300 });
  const both = () => yard.resolve(['a', 'b']);
  const loaded = done(containersLoaded(yard.states, both(), at()));
  t.same(loaded.warnings, []);
  t.same(
    loaded.loads.map(({ batchId, grams, pieces, from }) => [batchId, grams, pieces, from]),
    [
      ['batch a', 100, 1, ['stock', PRODUCER, FACTORY, PRODUCER]],
      ['batch b', 300, 1, ['stock', PRODUCER, FACTORY, PRODUCER]],
    ],
  );
  t.same(
    weighedTogether(loaded.loads, 402).map(({ grams }) => grams),
    [101, 301],
    'what the scale said, shared out to the gram',
  );
  yard.apply(loaded.events);
  t.match(yard.get('a'), { state: 'loaded', partyId: CARRIER, siteId: null, manifestId: 'm1' });
  yard.apply(done(containersHandedOver(yard.states, both(), at({ siteId: null, partyId: 'second carrier' }))).events);
  t.match(yard.get('a'), { state: 'loaded', partyId: 'second carrier' });
  yard.apply(done(containersArrived(yard.states, both(), at({ siteId: PLANT_SITE!, partyId: PLANT! }))).events);
  t.match(yard.get('b'), { state: 'on_hold', siteId: PLANT_SITE, manifestId: 'm1' });
  const received = containersReceived(
    yard.states,
    both(),
    [
      { containerId: 'a', decision: 'accepted', massGrams: 99 },
      { containerId: 'b', decision: 'refused' },
    ],
    { ...at({ siteId: PLANT_SITE!, partyId: PLANT! }), batchIdFor: (nth) => `received ${nth}` },
  );
  if ('refusal' in received) throw new Error(received.refusal.detail.en);
  t.same(received.warnings, []);
  t.match(received.loads, [
    { containerId: 'a', decision: 'accepted', grams: 99, batchId: 'batch a', toBatchId: 'received 0' },
    { containerId: 'b', decision: 'refused', grams: 300, toBatchId: 'batch b' },
  ]);
  yard.apply(received.events);
  t.match(yard.get('a'), {
    state: 'accepted',
    ownerId: PLANT,
    batchId: 'received 0',
    grams: 99,
    manifestId: null,
    siteId: PLANT_SITE,
  });
  t.match(yard.get('b'), { state: 'refused', ownerId: PRODUCER, batchId: 'batch b', manifestId: 'm1' });
  const treated = done(
    containersTreated(yard.states, yard.resolve(['a']), at({ siteId: PLANT_SITE!, manifestId: null, partyId: PLANT! })),
  );
  t.match(treated.loads, [{ batchId: 'received 0', grams: 99 }]);
  yard.apply(treated.events);
  t.match(yard.get('a'), { state: 'treated', batchId: null, grams: 0 });
  t.equal(yard.get('a').contradictions + yard.get('b').contradictions, 0);
});

t.test(
  'a scan that contradicts the record is recorded, counted and told; another’s container is not there',
  async (t) => {
    const yard = new Yard();
    yard.label('a');
    const elsewhere = done(
      containersLoaded(
        yard.states,
        yard.resolve(['a']),
        at({ siteId: HOSPITAL_SITE!, wasteCode: '900-041-49', ownerId: PLANT! }),
      ),
    );
    t.same(
      elsewhere.warnings.map(({ code }) => code),
      ['container-out-of-place', 'container-other-waste', 'container-of-another-owner'],
    );
    t.match(
      elsewhere.loads,
      [{ from: ['stock', PRODUCER, FACTORY, PRODUCER] }],
      'it is taken from where it was on record',
    );
    yard.apply(elsewhere.events);
    t.match(yard.get('a'), { state: 'loaded', manifestId: 'm1', contradictions: 1 });
    const twice = done(containersLoaded(yard.states, yard.resolve(['a']), at({ manifestId: 'm2' })));
    t.match(
      twice,
      { warnings: [{ code: 'container-out-of-place' }], loads: [{ from: null }] },
      'it is in no stock to be taken from',
    );
    t.match(containersLoaded(yard.states, yard.resolve(['a']), at({ among: ['stranger'] })), {
      refusal: { problem: 'not-found' },
    });
  },
);

t.test(
  'what stands in a container goes with it; decided apart, it is taken out; changed meanwhile, it is sent again',
  async (t) => {
    const yard = new Yard();
    yard.label('box', { batchId: null, grams: 0, pieces: 0 });
    for (const id of ['a', 'b']) {
      yard.label(id);
      t.ok(yard.nest(id, 'box'));
    }
    t.notOk(yard.nest('box', 'a'), 'no circle');
    const stale = {
      containers: [
        { id: 'box', via: 'box' },
        { id: 'a', via: 'box' },
      ],
      parents: [],
    };
    t.match(containersLoaded(yard.states, stale, at()), { refusal: { problem: 'wrong-status' } });
    for (const step of [containersLoaded, containersArrived])
      yard.apply(
        done(
          step(yard.states, yard.resolve(['box']), at({ siteId: step === containersLoaded ? FACTORY! : PLANT_SITE! })),
        ).events,
      );
    t.match(yard.get('b'), { state: 'on_hold', parentId: 'box' });
    const undecided = containersReceived(yard.states, yard.resolve(['box']), [], { ...at(), batchIdFor: String });
    t.match(undecided, { refusal: { problem: 'against-rule' } });
    const received = containersReceived(
      yard.states,
      yard.resolve(['box', 'b']),
      [
        { containerId: 'box', decision: 'accepted' },
        { containerId: 'b', decision: 'refused' },
      ],
      { ...at({ siteId: PLANT_SITE!, partyId: PLANT! }), batchIdFor: (nth) => `new ${nth}` },
    ) as Extract<ReturnType<typeof containersReceived>, { loads: unknown }>;
    yard.apply(received.events);
    t.match(yard.get('a'), { state: 'accepted', parentId: 'box', ownerId: PLANT });
    t.match(yard.get('b'), { state: 'refused', parentId: null, ownerId: PRODUCER });
    t.same(yard.get('box').childIds, ['a']);
  },
);

t.test('stored on its way, and brought back', async (t) => {
  const yard = new Yard();
  yard.label('a');
  const one = () => yard.resolve(['a']);
  yard.apply(done(containersLoaded(yard.states, one(), at())).events);
  const stop = done(containersStoredInTransit(yard.states, one(), at({ siteId: 'depot' })));
  yard.apply(stop.events);
  t.match(yard.get('a'), { state: 'loaded', siteId: 'depot', manifestId: 'm1' });
  const back = done(containersBroughtBack(yard.states, one(), at({ partyId: PRODUCER! })));
  yard.apply(back.events);
  t.match(yard.get('a'), { state: 'stored', siteId: FACTORY, manifestId: null, partyId: PRODUCER, contradictions: 0 });
  t.same([...stop.warnings, ...back.warnings], []);
});

const IDS = ['a', 'b', 'c', 'd', 'box', 'pallet'];
const acts = fc.oneof(
  fc.record({
    act: fc.constantFrom<ContainerStep>('load', 'hand_over', 'stop', 'arrive', 'bring_back', 'move', 'treat', 'empty'),
    ids: fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1, maxLength: 3 }),
    site: fc.constantFrom(FACTORY!, HOSPITAL_SITE!, PLANT_SITE!),
    manifest: fc.constantFrom('m1', 'm2'),
  }),
  fc.record({
    act: fc.constant('receive' as const),
    ids: fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1, maxLength: 3 }),
    site: fc.constant(PLANT_SITE!),
    manifest: fc.constantFrom('m1', 'm2'),
    refuse: fc.constantFrom(...IDS),
  }),
  fc.record({
    act: fc.constant('nest' as const),
    ids: fc.tuple(fc.constantFrom(...IDS)),
    into: fc.constantFrom(...IDS, null),
  }),
);

/** Sums by account and batch, as the ledger keeps them. */
class Books {
  readonly balances = new Map<string, { place: Place; grams: number; pieces: number }>();
  post(place: Place, batch: string, grams: number, pieces: number): void {
    const key = `${accountOf(place, WASTE).id} ${batch}`;
    const known = this.balances.get(key) ?? { place, grams: 0, pieces: 0 };
    this.balances.set(key, { place, grams: known.grams + grams, pieces: known.pieces + pieces });
  }
  move(from: Place, to: Place, load: { batchId: string; grams: number; pieces: number }, toBatch = load.batchId): void {
    this.post(from, load.batchId, -load.grams, -load.pieces);
    this.post(to, toBatch, load.grams, load.pieces);
  }
  sum(what: 'grams' | 'pieces', owner?: string): number {
    return [...this.balances.values()]
      .filter(({ place }) => owner === undefined || place[3] === owner)
      .reduce((sum, row) => sum + row[what], 0);
  }
}

t.test(
  'whatever is scanned in whatever order: each container in one place with what stands in it, and no gram made or lost',
  async () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 40 }), (sequence) => {
        const yard = new Yard();
        const books = new Books();
        for (const id of IDS) {
          const outer = id === 'box' || id === 'pallet';
          yard.label(id, {
            ...(outer ? { batchId: null, grams: 0, pieces: 0 } : {}),
            ...(id === 'd' ? { ownerId: PLANT!, unitId: PLANT! } : {}),
          });
          const { ownerId, batchId } = yard.get(id);
          if (batchId)
            books.move(['generated', ownerId, FACTORY!, ownerId], ['stock', PRODUCER!, FACTORY!, ownerId], {
              batchId,
              grams: 100,
              pieces: 1,
            });
        }
        let handed = 0;
        for (const [index, one] of sequence.entries()) {
          if (one.act === 'nest') {
            yard.nest(one.ids[0], one.into);
            continue;
          }
          const before = new Map([...yard.containers].map(([id, container]) => [id, container]));
          const { found, ofPlant } =
            one.act === 'receive' ? receive(yard, books, one, index) : step(yard, books, one, one.act);
          handed += ofPlant;
          const contradicted = found.warnings.filter(({ code }) => code === 'container-out-of-place').length;
          const counted = IDS.reduce(
            (sum, id) => sum + yard.get(id).contradictions - before.get(id)!.contradictions,
            0,
          );
          if (contradicted !== counted) throw new Error(`${contradicted} told, ${counted} counted`);
          check(yard);
        }
        for (const what of ['grams', 'pieces'] as const)
          if (books.sum(what) !== 0) throw new Error(`${what} do not add up`);
        if (books.sum('grams', PRODUCER) !== -handed || books.sum('grams', PLANT) !== handed)
          throw new Error('mass changed its owner without being accepted');
      }),
      { numRuns: 300 },
    );
  },
);

type Scanning = { readonly ids: readonly string[]; readonly site: string; readonly manifest: string };

/** As pickup, arrival and the others book it: from where the record says, else from where the reporter is. */
function step(yard: Yard, books: Books, { ids, site, manifest }: Scanning, act: ContainerStep) {
  const found = done(
    scan(yard.states, yard.resolve(ids), {
      ...at({ siteId: site, manifestId: manifest, partyId: partyAfter(act) }),
      step: act,
    }),
  );
  for (const load of found.loads) {
    const { ownerId } = yard.get(load.containerId);
    const from = load.from ?? ['in_transit', CARRIER!, null, ownerId];
    if (act === 'load') books.move(from, ['in_transit', CARRIER!, null, ownerId], load);
    if (act === 'arrive') books.move(from, ['consignee_hold', PLANT!, site, ownerId], load);
    if (act === 'treat') books.move(from, ['treated', PLANT!, site, ownerId], load);
  }
  yard.apply(found.events);
  return { found, ofPlant: 0 };
}

function receive(
  yard: Yard,
  books: Books,
  { ids, site, manifest, refuse }: Scanning & { refuse: string },
  index: number,
) {
  const decisions = ids.map((id) => ({
    containerId: id,
    decision: id === refuse ? ('refused' as const) : ('accepted' as const),
  }));
  const where = {
    ...at({ siteId: site, manifestId: manifest, partyId: PLANT! }),
    batchIdFor: (nth: number) => `received ${index} ${nth}`,
  };
  const found = containersReceived(yard.states, yard.resolve(ids), decisions, where);
  if ('refusal' in found) throw new Error(found.refusal.detail.en);
  let ofPlant = 0;
  for (const load of found.loads as readonly ReceivedLoad[]) {
    const { ownerId } = yard.get(load.containerId);
    const from = load.from ?? ['consignee_hold', PLANT!, site, ownerId];
    const to: Place =
      load.decision === 'accepted' ? ['stock', PLANT!, site, PLANT!] : ['refused_return', PLANT!, site, ownerId];
    books.move(from, to, load, load.toBatchId);
    if (load.decision === 'accepted' && ownerId === PRODUCER) ofPlant += load.grams;
  }
  yard.apply(found.events);
  return { found, ofPlant };
}

const partyAfter = (act: ContainerStep): string =>
  ['load', 'hand_over', 'stop'].includes(act)
    ? CARRIER!
    : ['move', 'bring_back', 'empty'].includes(act)
      ? PRODUCER!
      : PLANT!;

function check(yard: Yard): void {
  for (const [id, container] of yard.containers) {
    const { state, siteId, manifestId, parentId, childIds } = container;
    const onRoad = state === 'loaded' ? manifestId !== null : true;
    const inStock = state === 'stored' || state === 'accepted' ? siteId !== null && manifestId === null : true;
    if (!onRoad || !inStock) throw new Error(`${id} is nowhere: ${JSON.stringify(container)}`);
    for (const child of childIds)
      if (yard.get(child).parentId !== id) throw new Error(`${id} thinks it holds ${child}`);
    if (parentId === null) continue;
    const parent = yard.get(parentId);
    if (!parent.childIds.includes(id)) throw new Error(`${parentId} does not know of ${id}`);
    if (parent.siteId !== siteId || parent.manifestId !== manifestId)
      throw new Error(`${id} is not where ${parentId} is`);
    const seen = new Set([id]);
    for (let next: string | null = parentId; next !== null; next = yard.get(next).parentId) {
      if (seen.has(next)) throw new Error(`${id} stands in itself`);
      seen.add(next);
    }
  }
  const batches = [...yard.containers.values()].flatMap(({ batchId }) => batchId ?? []);
  if (new Set(batches).size !== batches.length) throw new Error('one batch in two containers');
}
