// What counts as entering and leaving: jitter at the line, a lorry that only drives by, a position that knows nothing.
import t from 'tap';
import { METRES_PER_DEGREE, metresOutside, type Shape } from '../../src/transport/fence-rules.ts';
import { type Crossing, crossingsOf, type FenceInForce, type TrackPoint } from '../../src/transport/rules.ts';
import { eastOf } from './observed.ts';

const CENTRE = [117.12, 36.65] as const;
const TERMS = { hysteresisMetres: 30, dwellSeconds: 60, accuracyMetresMax: 200 };
const fenceOf = (changes: Partial<FenceInForce> = {}): FenceInForce => ({
  fenceId: 'fence',
  version: 1,
  siteId: 'site',
  shape: { type: 'circle', centre: CENTRE, radiusMetres: 200 },
  from: Number.NEGATIVE_INFINITY,
  until: Number.POSITIVE_INFINITY,
  terms: TERMS,
  ...changes,
});

/** Positions every 30 seconds, by their metres from the centre. */
const track = (metres: readonly (number | readonly [metres: number, accuracy: number])[]): TrackPoint[] =>
  metres.map((one, n) => {
    const [away, accuracyMetres] = typeof one === 'number' ? [one, null] : one;
    const [longitude, latitude] = eastOf(CENTRE, away);
    return { at: n * 30_000, longitude, latitude, accuracyMetres };
  });
const told = (crossings: readonly Crossing[]) => crossings.map(({ direction, at }) => [direction, at / 30_000]);

t.test('in and out again, dated by the first position on the other side', async (t) => {
  t.same(told(crossingsOf(track([900, 500, 100, 50, 0, 50, 400, 800, 900]), [fenceOf()], undefined)), [
    ['entry', 2],
    ['exit', 6],
  ]);
});

t.test('jitter round the line is no coming and going', async (t) => {
  const parked = [150, 195, 215, 190, 225, 205, 229, 198, 226, 212, 190, 150];
  t.same(crossingsOf(track(parked), [fenceOf()], true), [], 'within the band of 30 m it is still inside');
  t.same(told(crossingsOf(track([150, 231, 235, 240]), [fenceOf()], true)), [['exit', 1]], 'beyond it is out');
});

t.test('a position is trusted no further than it says', async (t) => {
  const vague = [150, [300, 120], [310, 120], [315, 120], 150] as const;
  t.same(crossingsOf(track(vague), [fenceOf()], true), [], '100 m out, give or take 120 m');
  t.same(told(crossingsOf(track([150, [300, 80], [310, 80], [315, 80], 400]), [fenceOf()], true)), [['exit', 1]]);
  const blind = [150, [5_000, 201], [5_000, 201], [5_000, 201], 150] as const;
  t.same(crossingsOf(track(blind), [fenceOf()], true), [], 'beyond accuracyMetresMax it says nothing');
  t.same(told(crossingsOf(track([150, [5_000, 200], [5_000, 200], [5_000, 200], 150]), [fenceOf()], true)), [
    ['exit', 1],
  ]);
});

t.test('who only drives by has not been there', async (t) => {
  t.same(crossingsOf(track([600, 300, 150, 150, 300, 600]), [fenceOf()], undefined), [], '30 s inside');
  t.equal(
    crossingsOf(track([600, 300, 150, 150, 150, 600, 600, 600]), [fenceOf()], undefined).length,
    2,
    '60 s inside',
  );
});

t.test('what was known before decides, and where nothing was the first position does', async (t) => {
  const outside = track([900, 900, 900]);
  t.same(told(crossingsOf(outside, [fenceOf()], true)), [['exit', 0]]);
  t.same(crossingsOf(outside, [fenceOf()], false), []);
  t.same(crossingsOf(outside, [fenceOf()], undefined), []);
});

t.test('a fence is that of its day', async (t) => {
  const until = fenceOf({ until: 90_000 });
  const after = fenceOf({ from: 90_000, version: 2, shape: { type: 'circle', centre: CENTRE, radiusMetres: 1_000 } });
  t.same(told(crossingsOf(track([900, 900, 900, 900, 900, 900]), [until, after], undefined)), [['entry', 3]]);
});

t.test('a polygon: inside, outside, and how far', async (t) => {
  const corner = (east: number, north: number): [number, number] => [
    eastOf(CENTRE, east)[0],
    CENTRE[1] + north / METRES_PER_DEGREE,
  ];
  const yard: Shape = {
    type: 'polygon',
    points: [corner(0, 0), corner(100, 0), corner(100, 50), corner(50, 20), corner(0, 50)],
  };
  const at = (east: number, north: number) => metresOutside(yard, ...corner(east, north));
  t.ok(Math.abs(at(10, 10) + 10) < 0.1, 'ten metres inside');
  t.ok(Math.abs(at(-20, 25) - 20) < 0.1);
  t.ok(at(50, 40) > 0, 'in the notch is outside');
  t.ok(at(20, 25) < 0);
});
