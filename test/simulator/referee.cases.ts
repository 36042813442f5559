import t from 'tap';
import type { Consignment, Room, Trip } from '../../src/simulator/consignment.ts';
import { DAY, HOUR, MINUTE } from '../../src/simulator/days.ts';
import { parametersFrom, SHIPPED } from '../../src/simulator/parameters.ts';
import { referee } from '../../src/simulator/referee.ts';
import { aGeneration, aHistory, aLoad, aTicket, CITY, keyOf, live, MONDAY } from './given.ts';

/** The referee on both sides of every limit, over histories put together by hand. */
const says = (load: Consignment, more: Parameters<typeof aHistory>[1] = {}): string[] => keyOf(aHistory([load], more));
const received = (grams: number, pieces = 10) => [{ grams, pieces }];

t.test('an exact load says nothing', async (t) => {
  t.same(says(aLoad()), []);
  t.same(says(aLoad({ tickets: [aTicket('loading', 10_000_000, MONDAY)] })), []);
});

t.test('mass without two scales: the floor of the row, then 3 % and 10 %', async (t) => {
  const off = (grams: number) => says(aLoad({ ref: 'm', received: received(10_000_000 - grams) }));
  t.same(off(200_000), [], 'as much as two honest scales may differ by');
  t.same(off(200_001), ['mass m info']);
  t.same(off(300_000), ['mass m info'], '3 % itself');
  t.same(off(300_001), ['mass m warning']);
  t.same(off(1_000_000), ['mass m warning'], '10 % itself');
  t.same(off(1_000_001), ['mass m critical']);
  t.same(off(-1_000_001), ['mass m critical'], 'too much is a difference too');
});

t.test('mass with two scales: what both may err by in service', async (t) => {
  // 20 t on e = 20 kg are 1000 divisions: 20 kg; 10 t are 500: 10 kg. Twice, at both ends: 120 kg.
  const at = (grams: number) => {
    const arrived = 10_000_000 - grams;
    const tickets = [aTicket('loading', 10_000_000, MONDAY), aTicket('unloading', arrived, MONDAY + 3 * HOUR)];
    return says(aLoad({ ref: 'm', received: received(arrived), tickets }));
  };
  t.same(at(120_000), []);
  t.same(at(120_001), ['mass m info']);
});

t.test('every ticket of an end speaks; an estimate is worth a remark', async (t) => {
  const first = aTicket('unloading', 5_000_000, MONDAY + 3 * HOUR);
  const second = aTicket('unloading', 10_000_000, MONDAY + 4 * HOUR);
  t.same(says(aLoad({ ref: 'm', tickets: [second] })), []);
  for (const tickets of [[first], [first, second], [second, first]])
    t.same(says(aLoad({ ref: 'm', tickets })), ['mass m critical']);
  t.same(says(aLoad({ ref: 'm', declared: [{ grams: 30_000_000, pieces: 10 }] })), ['mass m info']);
});

t.test('what is brought back: on the road until the producer has it, and held against what was refused', async (t) => {
  const [grams, pieces] = [10_000_000, 10];
  const refused = { ref: 'm', refused: [{ grams, pieces }], received: [{ grams: 0, pieces: 0 }] };
  const vehicle = CITY.carriers[0]!.vehicles[0]!;
  const back = (came: number, count = pieces, hours = 3) => {
    const departed = live(MONDAY + 5 * HOUR);
    const takenBack = live(departed.at + hours * HOUR);
    const quantities = [{ grams: came, pieces: count }];
    return says(aLoad({ ...refused, back: { departed, vehicle, takenBack, quantities } }), { until: MONDAY + 9 * DAY });
  };
  t.same(back(9_800_000), []);
  t.same(back(9_799_999), ['mass m info']);
  t.same(back(1), ['mass m critical']);
  t.same(back(grams, 9), ['piece_count m critical']);
  t.same(back(grams, pieces, 48), ['transit_overlong m warning']);
  t.same(back(grams, pieces, 10 * 24), ['transit_overlong m critical'], 'not told yet');
});

t.test('what another plant weighed and sent on is no estimate', async (t) => {
  const first = aLoad({ ref: 'first', refused: received(10_000_000), received: received(0, 0) });
  const pickup = live(MONDAY + 6 * HOUR);
  const says = (grams: number) =>
    keyOf(
      aHistory([
        first,
        aLoad({ ref: 'm', follows: first, pickup, loaded: received(grams), received: received(grams) }),
      ]),
    );
  t.same(says(9_800_000), []);
  t.same(says(8_999_999), ['mass m critical']);
});

t.test('what has not been told by the end is not known', async (t) => {
  const load = aLoad({ ref: 'm', received: received(5_000_000) });
  t.same(says(load, { until: load.receipt.toldAt - 1 }), []);
  t.same(says(load, { until: load.receipt.toldAt }), ['mass m critical']);
});

t.test('pieces and class: any difference', async (t) => {
  t.same(says(aLoad({ ref: 'm', received: received(10_000_000, 9) })), ['piece_count m critical']);
  t.same(says(aLoad({ ref: 'm', received: received(10_000_000, 11) })), ['piece_count m critical']);
  const found = (type: 'quantity' | 'packing') =>
    says(aLoad({ ref: 'm', discrepancies: [{ line: 1, type, found: '' }] }));
  t.same(found('quantity'), []);
  t.same(found('packing'), ['class m critical']);
});

t.test('TM 18 ¶1: the fifth working day in Shanghai is in time, the next midnight is not', async (t) => {
  const load = aLoad({ ref: 'm' });
  // Arrived on Monday 7 September: the fifth working day is Monday the 14th.
  const overAt = Date.parse('2026-09-15T00:00:00+08:00');
  const confirmed = (toldAt: number, mode: 'live' | 'offline' = 'live') =>
    says({ ...load, receipt: { at: load.receipt.at, toldAt, mode } }, { until: MONDAY + 30 * DAY });
  t.same(confirmed(overAt - 1), []);
  t.same(confirmed(overAt), ['confirmation_overdue m warning']);
  t.same(confirmed(overAt, 'offline'), ['confirmation_overdue m warning'], 'too long ago to be believed');
  const soon = { at: overAt - DAY, toldAt: overAt, mode: 'offline' } as const;
  t.same(
    says({ ...load, receipt: soon }, { until: MONDAY + 30 * DAY }),
    [],
    'made without a network, told within a day',
  );
  const onPaper = (paperIssuedAt: number | null, toldAt: number) =>
    says({ ...load, paperIssuedAt, receipt: { ...load.receipt, toldAt, mode: 'paper' } }, { until: MONDAY + 30 * DAY });
  // Ten working days: Sunday the 20th is one, for the holidays that follow.
  const lastDay = Date.parse('2026-09-21T00:00:00+08:00');
  t.same(onPaper(MONDAY, lastDay - 1), [], 'entered within the term for a form');
  t.same(onPaper(MONDAY, lastDay), ['confirmation_overdue m warning']);
  t.same(onPaper(null, lastDay - 1), ['confirmation_overdue m warning'], 'there was no form');
  t.same(confirmed(overAt + 7 * DAY - 1), ['confirmation_overdue m warning']);
  t.same(confirmed(overAt + 7 * DAY), ['confirmation_overdue m critical']);
  t.same(says({ ...load, receipt: live(overAt + DAY) }, { until: overAt - 1 }), []);
  t.same(
    says({ ...load, receipt: live(overAt + DAY) }, { until: overAt }),
    ['confirmation_overdue m warning'],
    'never',
  );
});

t.test('a term across the National Day holiday', async (t) => {
  const pickup = live(Date.parse('2026-09-30T02:00:00Z'));
  const load = aLoad({ ref: 'm', pickup });
  // Worked are 8, 9, 10 (made up), 12 and 13 October.
  const overAt = Date.parse('2026-10-14T00:00:00+08:00');
  const confirmed = (toldAt: number) =>
    says({ ...load, receipt: { ...load.receipt, toldAt } }, { until: overAt + DAY });
  t.same(confirmed(overAt - 1), []);
  t.same(confirmed(overAt), ['confirmation_overdue m warning']);
});

t.test('on the road', async (t) => {
  const hours = SHIPPED.transitHours;
  const onRoad = (ms: number) => says(aLoad({ ref: 'm', arrival: live(MONDAY + ms) }), { until: MONDAY + 9 * DAY });
  t.same(onRoad(hours * HOUR - 1), []);
  t.same(onRoad(hours * HOUR), ['transit_overlong m warning']);
  t.same(onRoad((hours + 48) * HOUR), ['transit_overlong m critical']);
  const never = aLoad({ ref: 'm', arrival: live(MONDAY + 20 * DAY) });
  t.same(says(never, { until: MONDAY + hours * HOUR }), ['transit_overlong m warning'], 'it never arrived');
});

t.test('法典 534: licensed when handed over and when accepted', async (t) => {
  const load = aLoad({ ref: 'm' });
  const until = (validTo: string) => ({ ...load.plant, licence: { ...load.plant.licence, validTo } });
  t.same(says({ ...load, plant: until('2026-09-08') }), [], 'its last day');
  t.same(says({ ...load, plant: until('2026-09-07') }), ['licence m critical'], 'the day after');
  const overnight = { receipt: live(MONDAY + DAY), plant: until('2026-09-08') };
  t.same(says({ ...load, ...overnight }), ['licence m critical'], 'it ended on the road');
  const other = { ...load.plant, licence: { ...load.plant.licence, wasteCodes: ['HW01'] } };
  t.same(says({ ...load, plant: other }), ['licence m critical'], 'another waste');
});

t.test('the yearly scale, and a fifth above it', async (t) => {
  const load = aLoad();
  const scaled = (scaleGrams: number) => {
    const plant = { ...load.plant, licenceRef: 'l', licence: { ...load.plant.licence, scaleGrams } };
    return says({ ...load, plant }, { ground: { ...CITY, plants: [plant] } });
  };
  t.same(scaled(10_000_000), []);
  t.same(scaled(9_999_999), ['over_scale l 2026 warning']);
  t.same(scaled(8_333_334), ['over_scale l 2026 warning']);
  t.same(scaled(8_333_333), ['over_scale l 2026 critical']);
});

t.test('a store cannot give what it never took in', async (t) => {
  const load = aLoad();
  const stocked = (grams: number) => says(load, { generations: [aGeneration(load, { grams })] });
  const name = `negative_stock stock ${load.producer.siteRef} ${load.lines[0]!.waste.code}`;
  t.same(stocked(10_000_000), []);
  t.same(stocked(9_999_999), [`${name} info`]);
  t.same(stocked(9_800_000), [`${name} info`]);
  t.same(stocked(9_799_999), [`${name} warning`]);
});

t.test('one plate on two journeys; one journey of two loads is lawful', async (t) => {
  const one = aLoad({ ref: 'one' });
  const elsewhere = CITY.producers.find(({ ref }) => ref !== one.producer.ref)!;
  const plant = CITY.plants.find(({ ref }) => ref !== one.plant.ref)!;
  const open = { ...plant, licence: { ...plant.licence, wasteCodes: one.plant.licence.wasteCodes } };
  const beside = (minutes: number, changes: Partial<Consignment> = {}) => {
    const pickup = live(one.arrival.at - minutes * MINUTE);
    const two = aLoad({ ref: 'two', pickup, producer: one.producer, plant: open, ...changes });
    const moved = { ...two, producer: { ...elsewhere, siteRef: 'elsewhere' } };
    return keyOf(aHistory([one, moved]));
  };
  t.same(beside(10), []);
  t.same(beside(11), ['overlap two info'], 'the later is asked');
  t.same(beside(31), ['overlap two warning']);
  t.same(beside(31, { plant: one.plant }), [], 'a milk run');
});

t.test('one weighing is of one load', async (t) => {
  const one = aLoad({ tickets: [aTicket('unloading', 10_000_000, MONDAY + 3 * HOUR)] });
  const weighed = (after: number, net = 10_000_000) => {
    const tickets = [aTicket('unloading', net, MONDAY + 3 * HOUR + after)];
    const two = aLoad({ ref: 'two', pickup: live(MONDAY + 6 * HOUR), tickets });
    return keyOf(aHistory([one, two]));
  };
  t.same(weighed(24 * HOUR), ['overlap two warning']);
  t.same(weighed(24 * HOUR + 1), [], 'a day later a lorry may weigh the same');
  t.same(weighed(HOUR, 10_000_000 + 20_000), [], 'one division more');
});

t.test('kept for longer than a year', async (t) => {
  const load = aLoad({ issuedAt: MONDAY + 90 * DAY });
  const kept = (day: string) => {
    const at = Date.parse(`${day}T12:00:00+08:00`);
    const batch = aGeneration(load, { ref: 'b', at, toldAt: MONDAY - 2 * DAY, mode: 'paper' });
    return keyOf(aHistory([load], { until: MONDAY, generations: [batch] }));
  };
  t.same(kept('2025-09-07'), [], 'its last day is that on which it is a year old');
  t.same(kept('2025-09-06'), ['storage_over_limit b warning']);
  t.same(kept('2025-08-07'), ['storage_over_limit b critical']);
});

t.test(
  'what was received lies a year too, and what came of a treatment; from paper with a day’s patience',
  async (t) => {
    const until = MONDAY + 400 * DAY;
    const load = aLoad({ ref: 'm' });
    t.same(says(load, { until, generations: [] }).slice(-1), ['storage_over_limit min1 critical']);
    const { plant, receipt } = load;
    const inputs = [{ waste: load.lines[0]!.waste, grams: 10_000_000 }];
    const treatments = [
      {
        ...live(receipt.at + DAY),
        ref: 'd',
        plant,
        startedAt: receipt.at,
        inputs,
        residue: { code: '772-003-18', grams: 1_000 },
        product: null,
      },
    ];
    const said = says(load, { until, treatments, generations: [] });
    t.same(said.slice(-1), ['storage_over_limit dresidue critical'], 'what was treated has gone');
    const late = aGeneration(load, { ref: 'b', at: MONDAY - 400 * DAY, toldAt: MONDAY, mode: 'paper' });
    const told = (end: number) => keyOf(aHistory([], { until: end, generations: [late] }));
    t.same(told(MONDAY + DAY - 1), []);
    t.same(told(MONDAY + DAY), ['storage_over_limit b critical']);
  },
);

const refused = (grams: number, pieces = 0) => [{ grams, pieces }];

t.test('what was refused was received all the same, and was not taken', async (t) => {
  const load = aLoad({ ref: 'm', received: received(4_000_000, 4), refused: refused(6_000_000, 6) });
  t.same(says(load), []);
  t.same(says({ ...load, refused: refused(5_799_999, 6) }), ['mass m info']);
  t.same(says({ ...load, refused: refused(6_000_000, 5) }), ['piece_count m critical']);
  const ended = { ...load.plant, licence: { ...load.plant.licence, validTo: '2026-09-08', scaleGrams: 4_000_000 } };
  const ground = { ...CITY, plants: [ended] };
  const overnight = { ...load, plant: ended, receipt: live(MONDAY + DAY) };
  t.same(says({ ...overnight, received: received(0, 0), refused: refused(10_000_000, 10) }, { ground }), []);
  t.same(says(overnight), ['licence m critical']);
  t.same(says({ ...load, plant: ended }, { ground }), [], 'and is not counted for the scale');
});

t.test('a licence leaves codes out, names methods and places, and is for one site', async (t) => {
  const load = aLoad({ ref: 'm' });
  const { code } = load.lines[0]!.waste;
  const licensed = (changes: object, more: Partial<Consignment> = {}) =>
    says({ ...load, ...more, plant: { ...load.plant, licence: { ...load.plant.licence, ...changes } } });
  t.same(licensed({ excludedCodes: ['900-041-49'], methods: [load.plant.method], areas: ['370100'] }), []);
  t.same(licensed({ siteRef: load.plant.siteRef, areas: [load.producer.region] }), []);
  for (const changes of [{ excludedCodes: [code] }, { methods: ['R5'] }, { areas: ['440000'] }, { siteRef: 'else' }])
    t.same(licensed(changes), ['licence m critical']);
  t.same(licensed({ methods: [load.plant.method] }, { method: 'R5' }), ['licence m critical'], 'treated otherwise');
});

t.test('an incident took what it took: it is not looked for at the gate', async (t) => {
  const lost = [{ grams: 2_000_000, pieces: 2 }];
  const affected = [{ grams: 3_000_000, pieces: 3 }];
  const at = { ...live(MONDAY + HOUR), type: 'leak' as const, place: '', plansAt: MONDAY + 2 * HOUR };
  const incident = { ...at, affected, lost, settled: live(MONDAY + 2 * HOUR) };
  const load = (grams: number, pieces: number, more: object = {}) =>
    says(aLoad({ ref: 'm', received: received(grams, pieces), incident: { ...incident, ...more } }));
  t.same(load(8_000_000, 8), []);
  t.same(load(7_799_999, 8), ['mass m info']);
  t.same(load(8_000_000, 7), ['piece_count m critical']);
  const late = { settled: live(MONDAY + 5 * HOUR) };
  t.same(load(7_000_000, 7, late), [], 'what was saved afterwards stays behind');
  t.same(load(8_000_000, 8, late), ['mass m critical', 'piece_count m critical']);
});

t.test('each leg has its own clock and its own vehicle', async (t) => {
  const { carrier, vehicle } = aLoad();
  const other = carrier.vehicles.find(({ plate }) => plate !== vehicle.plate)!;
  const stop = (how: 'handover' | 'stored', from: number, to = from) => ({
    ...{ how, carrier, vehicle: other, place: '', siteRef: 'depot' },
    ended: live(MONDAY + from * HOUR),
    began: live(MONDAY + to * HOUR),
  });
  const travels = (hours: number, onward: Consignment['onward']) =>
    says(aLoad({ ref: 'm', onward, arrival: live(MONDAY + hours * HOUR) }), { until: MONDAY + 9 * DAY });
  t.same(travels(80, [stop('stored', 40, 70)]), [], 'a store is no road');
  t.same(travels(118, [stop('stored', 40, 70)]), ['transit_overlong m warning']);
  t.same(travels(90, [stop('handover', 45)]), [], '45 hours each');
  t.same(travels(90, [stop('handover', 48)]), ['transit_overlong m warning']);
  const first = aLoad({ ref: 'one', onward: [stop('handover', 1)], arrival: live(MONDAY + 3 * HOUR) });
  const elsewhere = { ...CITY.producers.find(({ ref }) => ref !== first.producer.ref)!, siteRef: 'elsewhere' };
  const { wasteCodes } = first.plant.licence;
  const plant = CITY.plants.find(({ ref }) => ref !== first.plant.ref)!;
  const to = { ...plant, licence: { ...plant.licence, wasteCodes } };
  const then = (hours: number, plate: string) => {
    const pickup = live(MONDAY + hours * HOUR);
    const second = aLoad({ ref: 'two', pickup, plate, plant: to, producer: first.producer });
    return keyOf(aHistory([first, { ...second, producer: elsewhere }]));
  };
  t.same(then(1, vehicle.plate), [], 'the first vehicle is free');
  t.same(then(0.4, vehicle.plate), ['overlap two warning']);
  t.same(then(1.4, other.plate), ['overlap two warning'], 'the second is not');
});

t.test('one trip carries loads of any origin to any plant', async (t) => {
  const one = aLoad({ ref: 'one' });
  const { carrier, vehicle } = one;
  const trip = { ref: 'r', carrier, vehicle, start: live(MONDAY - HOUR), end: live(MONDAY + DAY), weighings: [] };
  const elsewhere = { ...CITY.producers.find(({ ref }) => ref !== one.producer.ref)!, siteRef: 'elsewhere' };
  const { wasteCodes } = one.plant.licence;
  const other = CITY.plants.find(({ ref }) => ref !== one.plant.ref)!;
  const plant = { ...other, licence: { ...other.licence, wasteCodes } };
  const both = (first: Trip | null, second: Trip | null) => {
    const two = { ...aLoad({ ref: 'two', pickup: live(MONDAY + HOUR), plant, trip: second }), producer: elsewhere };
    return keyOf(aHistory([{ ...one, trip: first }, two], { trips: [trip] }));
  };
  t.same(both(trip, trip), []);
  t.same(both(trip, null), ['overlap two warning']);
  t.same(both(trip, { ...trip, ref: 'r2' }), ['overlap two warning']);
});

t.test('a round that unloads twice at one plant: each ticket stands for what was fetched since', async (t) => {
  const one = aLoad({ ref: 'one' });
  const { carrier, vehicle, plant } = one;
  const { waste } = one.lines[0]!;
  const weighed = (netGrams: number, at: number) => ({ plant, ticket: aTicket('unloading', netGrams, at) });
  const left = (...weighings: Trip['weighings']) => {
    const trip = { ref: 'r', carrier, vehicle, start: live(MONDAY - HOUR), end: live(MONDAY + DAY), weighings };
    const two = aLoad({ ref: 'two', pickup: live(MONDAY + 5 * HOUR), trip });
    const told = live(MONDAY + 12 * HOUR);
    const inputs = [{ waste, grams: 20_000_000 }];
    const treatment = { ...told, ref: 'd', plant, startedAt: told.at, inputs, residue: null, product: null };
    return keyOf(aHistory([{ ...one, trip }, two], { trips: [trip], treatments: [treatment] }));
  };
  const store = `negative_stock stock ${plant.siteRef} ${waste.code}`;
  const [first, second] = [MONDAY + 3 * HOUR, MONDAY + 8 * HOUR];
  t.same(left(weighed(10_000_000, first), weighed(10_000_000, second)), []);
  t.same(left(weighed(10_000_000, first), weighed(9_999_999, second)), [`${store} info`]);
  t.same(left(weighed(9_999_999, first), weighed(10_000_000, first + HOUR), weighed(10_000_000, second)), []);
  const slip = weighed(8_999_999, first);
  t.same(left(slip, weighed(10_000_000, first + HOUR), weighed(10_000_000, second)), [
    `trip_mass ${slip.ticket.ref} critical`,
  ]);
});

t.test('TM 29: a correction counts when the last of those concerned has agreed', async (t) => {
  const load = aLoad({ ref: 'm', received: received(5_000_000) });
  const { producer, plant } = load;
  const by = (...refs: string[]) => refs.map((ref, nth) => ({ by: ref, at: MONDAY + (6 + nth) * HOUR }));
  const correction = (approvals: { by: string; at: number }[]) => ({
    ...{ reason: '', proposed: { by: plant.ref, at: MONDAY + 5 * HOUR }, approvals },
    changes: [{ what: 'received' as const, line: 1, grams: 10_000_000 }],
  });
  const agreed = { ...load, correction: correction(by(producer.ref, 'regulator')) };
  t.same(says(agreed), []);
  t.same(says(agreed, { until: MONDAY + 7 * HOUR - 1 }), ['mass m critical'], 'not before');
  t.same(says({ ...load, correction: correction(by(producer.ref)) }), ['mass m critical']);
});

t.test('what comes back lies in store again; what a plant treats it must have', async (t) => {
  const load = aLoad({ ref: 'm', received: received(0, 0), refused: refused(10_000_000, 10) });
  const { vehicle, producer, plant } = load;
  const { waste } = load.lines[0]!;
  const quantities = [{ grams: 10_000_000, pieces: 10 }];
  const back = { departed: live(MONDAY + 5 * HOUR), vehicle, takenBack: live(MONDAY + 8 * HOUR), quantities };
  const none = { generations: [aGeneration(load, { grams: 1 })] };
  t.same(says(load, none), [`negative_stock stock ${producer.siteRef} ${waste.code} warning`]);
  t.same(says({ ...load, back }, none), []);
  const treats = (grams: number) => {
    const inputs = [{ waste, grams }];
    const told = live(MONDAY + 9 * HOUR);
    return says(aLoad(), {
      treatments: [{ ...told, ref: 'd', plant, startedAt: told.at, inputs, residue: null, product: null }],
    });
  };
  t.same(treats(10_000_000), []);
  t.same(treats(10_000_001), [`negative_stock stock ${plant.siteRef} ${waste.code} info`]);
});

t.test('a storage point, and a store with a capacity', async (t) => {
  const load = aLoad();
  const filled = (grams: number, type: Room['type'], capacityGrams: number | null) => {
    const room = { ref: 's', holder: load.producer, type, capacityGrams };
    const stored = { ...live(MONDAY), room, grams: null };
    const generations = [aGeneration(load, { grams, stored })];
    return keyOf(aHistory([], { rooms: [room], generations }));
  };
  t.same(filled(3_000_000, 'point', null), []);
  t.same(filled(3_000_001, 'point', null), ['store_over_capacity s warning']);
  t.same(filled(3_600_001, 'point', null), ['store_over_capacity s critical']);
  t.same(filled(9_000_000, 'warehouse', null), []);
  t.same(filled(799_999, 'warehouse', 1_000_000), []);
  t.same(filled(800_000, 'warehouse', 1_000_000), ['store_over_capacity s info']);
  t.same(filled(1_000_001, 'warehouse', 1_000_000), ['store_over_capacity s warning']);
});

t.test('the numbers are those of the rows: the nearest place wins', async (t) => {
  const row = (jurisdiction: string, value: unknown) => ({
    policy: 'confirm-receipt-working-days',
    jurisdiction,
    stream: 'hazardous',
    value,
  });
  const jinan = parametersFrom([row('370100', 3), row('000000', 5), row('440000', 1)], []);
  t.equal(jinan.confirmWorkingDays, 3);
  const rule = { rule: 'overlap' as const, jurisdiction: '000000', stream: '*' };
  const rows = [{ ...rule, parameters: { sameReadingHours: 1 }, steps: [] }];
  t.match(parametersFrom([], rows), { sameReadingHours: 1, steps: { overlap: [], class: SHIPPED.steps.class } });
  t.same(referee(aHistory([aLoad()]), jinan), []);
});
