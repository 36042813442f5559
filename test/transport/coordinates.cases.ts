// Where a place lies depends on who drew the map: what is told is kept in one system.
import t from 'tap';
import { e7, toWgs84 } from '../../src/transport/coordinates.ts';
import { metresOutside } from '../../src/transport/fence-rules.ts';

/** Metres between two places. */
const apart = (a: readonly [number, number], b: readonly [number, number]): number =>
  metresOutside({ type: 'circle', centre: [a[0], a[1]], radiusMetres: 0 }, b[0], b[1]);

t.test('GCJ-02 and BD-09 come back to WGS-84, some hundred metres away', async (t) => {
  const told = [118, 36] as const;
  t.same(toWgs84(told, 'WGS84'), told, 'as it is');
  const fromGcj = toWgs84([118.00583819682028, 36.00003804844894], 'GCJ02');
  t.ok(apart(fromGcj, told) < 0.05, 'to some centimetres');
  const shift = apart([118.00583819682028, 36.00003804844894], told);
  t.ok(Math.abs(shift - 525) < 2, `the shift at 118 E 36 N is 525 m: ${shift}`);
  const fromBd = toWgs84([118.01241787925606, 36.00577698999996], 'BD09');
  t.ok(apart(fromBd, told) < 2, 'BD-09 is laid over GCJ-02 and comes back to a metre or two');
  t.ok(apart([118.01241787925606, 36.00577698999996], told) > 1_000);
});

t.test('published pairs: Tiananmen by GCJ-02 and BD-09', async (t) => {
  // The examples of the coordinate services of the two map makers lie around the same gate.
  const [gcj, bd] = [toWgs84([116.397428, 39.90923], 'GCJ02'), toWgs84([116.403963, 39.915119], 'BD09')];
  t.ok(apart(gcj, [116.391189, 39.907826]) < 5);
  t.ok(apart(gcj, bd) < 60, 'one square, whichever map');
});

t.test('outside China nothing is shifted', async (t) => {
  t.same(toWgs84([139.7671, 35.6812], 'GCJ02'), [139.7671, 35.6812]);
});

t.test('a degree is kept to its ten-millionth, and fits', async (t) => {
  t.equal(e7(118.00583819682028), 1_180_058_382);
  t.ok(e7(-180) >= -(2 ** 31) && e7(180) < 2 ** 31);
});
