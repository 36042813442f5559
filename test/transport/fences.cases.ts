// A fence goes round one's own site: no wider than it need be, over nobody else's, and whoever drew it may end it.
import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { extentMetres, hasArea, METRES_PER_DEGREE, type Shape, shareGround } from '../../src/transport/fence-rules.ts';
import { aRegulator } from '../manifests/given.ts';
import { aWorld, bookRead, type Caller, ok, START, startTestService } from '../support/world.ts';
import { aFence, eastOf, groundOf } from './observed.ts';

const CENTRE = [117.12, 36.65] as const;
type Corner = readonly [number, number];
/** So many metres east and north of the centre. */
const corner = ([east, north]: Corner, from: Corner = CENTRE): Corner => [
  eastOf(from, east)[0],
  from[1] + north / METRES_PER_DEGREE,
];
const circle = (east: number, radiusMetres: number): Shape => ({
  type: 'circle',
  centre: corner([east, 0]),
  radiusMetres,
});
const polygon = (...corners: readonly Corner[]): Shape => ({
  type: 'polygon',
  points: corners.map((one) => corner(one).map((degrees) => Math.round(degrees * 1e7) / 1e7) as unknown as Corner),
});
const rectangle = (west: number, south: number, east: number, north: number): Shape =>
  polygon([west, south], [east, south], [east, north], [west, north]);

t.test('how far a fence reaches is measured between its farthest corners', async (t) => {
  t.equal(extentMetres(circle(0, 1_000)), 2_000);
  const metres = extentMetres(rectangle(0, 0, 1_200, 1_600));
  t.ok(Math.abs(metres - 2_000) < 0.5, `${metres} m across`);
});

t.test('a line has no area, which way soever it runs', async (t) => {
  t.notOk(hasArea(polygon([0, 0], [500, 0], [900, 0])), 'east');
  t.notOk(hasArea(polygon([0, 0], [0, 500], [0, 900])), 'north');
  t.notOk(hasArea(polygon([0, 0], [300, 400], [600, 800])), 'across');
  t.notOk(hasArea(polygon([0, 0], [300, 400], [600, 800], [300, 400])), 'there and back');
  t.notOk(hasArea(polygon([0, 0], [0, 0], [0, 0])), 'a point');
  t.notOk(hasArea(rectangle(0, 0, 500, 0.9)), 'less than a metre wide');
  t.ok(hasArea(rectangle(0, 0, 500, 1.2)));
  t.ok(hasArea(polygon([0, 0], [300, 400], [600, 790])));
});

t.test('ground that two fences share', async (t) => {
  const shares = (one: Shape, other: Shape) => {
    const shared = shareGround(one, other);
    t.equal(shareGround(other, one), shared, 'either way round');
    return shared;
  };
  t.ok(shares(circle(0, 200), circle(399, 200)));
  t.notOk(shares(circle(0, 200), circle(401, 200)));
  t.ok(shares(circle(0, 200), circle(10, 20)), 'one inside the other');
  const yard = rectangle(0, 0, 100, 50);
  t.ok(shares(circle(-19, 20), yard));
  t.notOk(shares(circle(-21, 20), yard));
  t.ok(shares(circle(50, 20), rectangle(-500, -500, 500, 500)), 'deep inside');
  t.ok(shares(yard, yard), 'the same');
  t.ok(shares(yard, rectangle(99, 49, 200, 100)), 'at a corner');
  t.notOk(shares(yard, rectangle(101, 0, 200, 50)));
  t.notOk(shares(yard, rectangle(100, 0, 200, 50)), 'along one wall');
  t.notOk(shares(yard, rectangle(100, 10, 200, 40)), 'along a part of it');
  t.notOk(shares(yard, rectangle(100, 50, 200, 100)), 'in one corner');
  t.ok(shares(yard, rectangle(10, 10, 20, 20)), 'one inside the other');
  t.ok(shares(yard, rectangle(-10, 20, 110, 30)), 'right through, with no corner in the other');
  t.ok(shares(yard, polygon([0, 0], [100, 0], [100, 50])), 'half of it, on its own corners');
  t.ok(shares(yard, polygon([0, 0], [50, 0], [100, 0], [100, 50], [0, 50])), 'with one more corner on the line');
  const horseshoe = polygon([0, 0], [90, 0], [90, 90], [60, 90], [60, 30], [30, 30], [30, 90], [0, 90]);
  t.notOk(shares(horseshoe, rectangle(35, 40, 55, 80)), 'in its mouth, though within its box');
  t.notOk(shares(horseshoe, rectangle(30, 30, 60, 90)), 'which it fills');
  t.ok(shares(horseshoe, rectangle(29, 40, 55, 80)));
});

const within = (siteId: string, shape: Shape, changes: object = {}) => ({
  siteId,
  crs: 'WGS84',
  shape,
  inForceFrom: '2026-01-01',
  ...changes,
});
const told = async (by: Caller, body: object) => {
  const { status, body: said } = await by.post('/v1/fences', body);
  return status === 201 ? status : [status, said.errors?.[0]?.pointer];
};
const around = (centre: Corner, radiusMetres: number): Shape => ({ type: 'circle', centre, radiusMetres });

t.test('a fence is drawn in any system, kept in ours, amended by its version', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, consignorSiteId, stranger } = world;
  const { works } = groundOf(world);
  const body = {
    siteId: consignorSiteId,
    crs: 'GCJ02',
    shape: {
      type: 'polygon',
      points: [
        [118.0058, 36],
        [118.0158, 36],
        [118.0158, 36.01],
      ],
    },
    inForceFrom: '2026-01-01',
  };
  const { id } = ok(await consignor.post('/v1/fences', body));
  const kept = ok(await stranger.get(`/v1/fences/${id}`));
  t.match(kept, { sourceCrs: 'GCJ02', version: 1, shape: { type: 'polygon' } });
  t.ok(Math.abs(kept.shape.points[0][0] - 118) < 0.0001);
  t.match(ok(await consignor.get(`/v1/fences?siteId=${consignorSiteId}`)).items, [{ id }]);
  const wrong = async (changes: object) => {
    const answer = await consignor.post('/v1/fences', { ...body, ...changes });
    return [answer.status, answer.body.errors?.[0]?.pointer];
  };
  t.same(await wrong({ crs: 'EPSG:4490' }), [400, '/crs']);
  t.same(await wrong({ shape: { type: 'circle', centre: works, radiusMetres: 5 } }), [400, '/shape/radiusMetres']);
  t.same(
    await wrong({
      shape: {
        type: 'polygon',
        points: [
          [117, 36],
          [118, 36],
          [117, 37],
        ],
      },
    }),
    [422, '/shape'],
  );
  t.same(
    await wrong({
      shape: {
        type: 'polygon',
        points: [
          [118, 36],
          [118.004, 36.004],
          [118.008, 36.008],
        ],
      },
    }),
    [422, '/shape/points'],
  );
  t.same(await wrong({ inForceTo: '2026-01-01' }), [422, '/inForceTo']);
  t.equal((await consignee.post('/v1/fences', body)).status, 403);
  const edited = await consignor.put(`/v1/fences/${id}`, { ...body, inForceTo: '2026-12-01' }, { 'if-match': '"1"' });
  t.equal(edited.status, 200);
  t.equal((await consignor.put(`/v1/fences/${id}`, body, { 'if-match': '"1"' })).status, 412);
});

t.test('a party draws two kilometres at most, an authority of the place what is needed', async (t) => {
  const world = await aWorld(startTestService(t, START));
  const { admin, consignor, consignorSiteId, regulator } = world;
  const { works } = groundOf(world);
  const wide = within(consignorSiteId, around(works, 1_001));
  t.same(await told(consignor, wide), [422, '/shape']);
  t.match((await consignor.post('/v1/fences', wide)).body, { basis: /^本平台约定 0019/, detail: /2002 m/ });
  const diagonal = (east: number, north: number) =>
    within(consignorSiteId, {
      type: 'polygon',
      points: [works, corner([east, 0], works), corner([east, north], works)],
    });
  t.same(await told(consignor, diagonal(1_250, 1_600)), [422, '/shape'], '2,030 m from corner to corner');
  t.equal(await told(consignor, diagonal(1_190, 1_600)), 201);
  t.equal(await told(consignor, within(consignorSiteId, around(works, 1_000))), 201);
  t.equal(await told(admin, wide), 201);
  t.equal(await told(regulator, wide), 201);
  const vast = within(consignorSiteId, {
    type: 'polygon',
    points: [works, corner([30_000, 0], works), corner([0, 9], works)],
  });
  t.same(await told(admin, vast), [422, '/shape'], 'what would have to be looked for everywhere nobody draws');
  const { id: _, ...row } = seedPolicyRows.find(({ policy }) => policy === 'fence-extent-metres')!;
  ok(await admin.post('/v1/policies', { ...row, jurisdiction: '370000', value: 300 }));
  await bookRead(world.service);
  t.same(await told(consignor, within(consignorSiteId, around(works, 151))), [422, '/shape'], 'a place says less');
  t.equal(await told(consignor, within(consignorSiteId, around(works, 150))), 201);
});

t.test('over the fence of another party nobody draws but an authority of the place', async (t) => {
  const world = await aWorld();
  const { admin, consignor, consignee, consignorSiteId, consigneeSiteId, regulator } = world;
  const { works } = groundOf(world);
  const fenceId = await aFence(consignor, consignorSiteId, works);
  const near = (metres: number, changes: object = {}) =>
    within(consigneeSiteId, around(eastOf(works, metres), 200), changes);
  t.same(await told(consignee, near(399)), [422, '/shape']);
  const { body } = await consignee.post('/v1/fences', near(399), { 'accept-language': 'zh-CN' });
  t.match(body.errors[0].detail, new RegExp(fenceId), 'it says over which');
  t.equal(await told(consignor, within(consignorSiteId, around(works, 300))), 201, 'one’s own, as often as one likes');
  t.equal(await told(consignee, near(501)), 201, 'beside it');
  t.same(await told(consignee, near(499)), [422, '/shape']);
  for (const [by, who] of [
    [admin, 'an administrator'],
    [regulator, 'the regulator of the place'],
  ] as const)
    t.equal(await told(by, near(0)), 201, who);
  t.same(await told(await aRegulator(world, '371000'), near(0)), [403, '/siteId'], 'of another place');
  t.same(await told(await aRegulator(world, '370100', ['medical']), near(0)), [403, '/siteId'], 'of another stream');
});

t.test('only while both are in force', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  const { works } = groundOf(world);
  await aFence(consignor, consignorSiteId, works, { inForceFrom: '2026-03-01', inForceTo: '2026-06-01' });
  const over = (inForceFrom: string, inForceTo: string | null) =>
    told(consignee, within(consigneeSiteId, around(works, 50), { inForceFrom, inForceTo }));
  t.same(await over('2026-02-01', '2026-03-02'), [422, '/shape']);
  t.same(await over('2026-05-31', null), [422, '/shape']);
  t.equal(await over('2026-02-01', '2026-03-01'), 201);
  t.equal(await over('2026-06-01', null), 201);
});

t.test('what was drawn may be ended and renamed, whatever else lies there; not moved or held longer', async (t) => {
  const world = await aWorld();
  const { admin, consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  const { works } = groundOf(world);
  await aFence(consignor, consignorSiteId, works);
  const over = within(consigneeSiteId, around(works, 1_050), { inForceTo: '2027-01-01' });
  const { id } = ok(await admin.post('/v1/fences', over));
  let version = 1;
  const put = async (changes: object) => {
    const { status, body } = await consignee.put(
      `/v1/fences/${id}`,
      { ...over, ...changes },
      { 'if-match': `"${version}"` },
    );
    if (status === 200) version += 1;
    return status === 200 ? status : [status, body.errors?.[0]?.pointer];
  };
  t.equal(await put({ name: '堆场' }), 200);
  t.same(await put({ shape: around(works, 500) }), [422, '/shape'], 'smaller, and still over another’s');
  t.same(await put({ inForceTo: '2027-01-02' }), [422, '/shape']);
  t.same(await put({ inForceTo: null }), [422, '/shape']);
  t.equal(await put({ inForceTo: '2026-10-01' }), 200, 'ended');
  t.same(await put({ inForceTo: '2027-01-01' }), [422, '/shape'], 'which stays ended');
});

t.test('two who draw over each other at one moment: one of them does', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, consignorSiteId, consigneeSiteId } = world;
  const { works } = groundOf(world);
  const draw = (by: Caller, siteId: string) => told(by, within(siteId, around(works, 200)));
  const answers = await Promise.all([draw(consignor, consignorSiteId), draw(consignee, consigneeSiteId)]);
  t.strictSame(answers.map(String).sort(), ['201', '422,/shape']);
});
