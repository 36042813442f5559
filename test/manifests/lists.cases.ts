import t from 'tap';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';
import { aDraft, anIssued, aRegulator, aSite } from './given.ts';

const ids = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

/** Every page from the first to the last, by the links the answers give. */
async function walk(caller: Caller, path: string): Promise<{ id: string }[][]> {
  const pages: { id: string }[][] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer: Awaited<ReturnType<Caller['get']>> = await caller.get(next);
    const { items, next: cursor } = ok(answer);
    pages.push(items);
    const link = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1];
    if ((cursor === null) !== (link === undefined) || pages.length > 50) throw new Error('next and Link disagree');
    if (cursor !== null && !link!.includes(encodeURIComponent(cursor))) throw new Error('Link is not next');
    next = link;
  }
  return pages;
}

/** Ids carry the instant: drafts of one instant have no order, so each gets its own. */
async function someDrafts(world: World, count: number): Promise<string[]> {
  const made: string[] = [];
  for (let n = 0; n < count; n++) {
    world.clock.advanceMs(1);
    made.push(await aDraft(world));
  }
  return made.reverse();
}

t.test('a cursor walk gives each manifest once, newest first, whatever the page', async (t) => {
  const world = await aWorld();
  const newestFirst = await someDrafts(world, 7);
  for (const limit of [1, 3, 7, 200]) {
    const pages = await walk(world.consignor, `/v1/manifests?limit=${limit}`);
    t.same(ids(pages.flat()), newestFirst, `limit ${limit}`);
    t.equal(pages.length, Math.ceil(7 / limit), 'no empty page at the end');
  }
  t.same(ok(await world.consignor.get('/v1/manifests')).items.length, 7);
  t.same(ok(await world.stranger.get('/v1/manifests')), { items: [], next: null });
});

t.test('a walk is not disturbed by what is drafted, issued or voided meanwhile', async (t) => {
  const world = await aWorld();
  const newestFirst = await someDrafts(world, 6);
  const first = ok(await world.consignor.get('/v1/manifests?limit=2'));
  world.clock.advanceMs(1);
  await aDraft(world);
  ok(await world.consignor.post(`/v1/manifests/${newestFirst[3]}/issue`));
  ok(await world.consignor.post(`/v1/manifests/${newestFirst[4]}/void`, { reason: 'test' }));
  const rest = await walk(world.consignor, `/v1/manifests?limit=2&cursor=${first.next}`);
  t.same([...ids(first.items), ...ids(rest.flat())], newestFirst);
});

t.test('by status: only that status, in full pages', async (t) => {
  const world = await aWorld();
  const made: Record<string, string[]> = {};
  for (let round = 0; round < 2; round++)
    for (const status of ['draft', 'issued', 'in_transit', 'arrived', 'received', 'void'] as const) {
      world.clock.advanceMs(1);
      made[status] = [(await world.aManifest({ status })).id, ...(made[status] ?? [])];
    }
  for (const [status, expected] of Object.entries(made)) {
    t.same(ids((await walk(world.consignor, `/v1/manifests?status=${status}&limit=1`)).flat()), expected, status);
    t.same(
      ids(ok(await world.carrier.get(`/v1/manifests?status=${status}`)).items),
      status === 'draft' ? [] : expected,
      `${status}, carrier`,
    );
  }
  t.equal((await walk(world.consignee, '/v1/manifests?limit=4')).flat().length, 10);
  t.equal((await world.consignor.get('/v1/manifests?status=lost')).status, 400);
});

t.test('?number= finds what the caller may see, and says which number met', async (t) => {
  const world = await aWorld();
  const { id, number } = await world.aManifest({ status: 'issued' });
  for (const caller of [world.consignor, world.carrier, world.consignee, world.regulator])
    t.match(ok(await caller.get(`/v1/manifests?number=${number}`)), {
      items: [{ id, number, matched: 'number' }],
      next: null,
    });
  const nothing = { items: [], next: null };
  t.same(ok(await world.stranger.get(`/v1/manifests?number=${number}`)), nothing);
  t.same(ok(await world.consignor.get('/v1/manifests?number=20263701999999')), nothing);
});

t.test('a regulator sees what starts or ends in its jurisdiction, from issue on, in its streams', async (t) => {
  const world = await aWorld();
  const consignorSiteId = await aSite(world.consignor, '370302');
  const [origin, destination, elsewhere, medical, nation, county] = await Promise.all([
    aRegulator(world, '370300'),
    aRegulator(world, '370100'),
    aRegulator(world, '370200'),
    aRegulator(world, '370100', ['medical']),
    aRegulator(world, '000000', ['medical', 'hazardous']),
    aRegulator(world, '370117'),
  ]);
  const draft = await aDraft(world, { consignorSiteId });
  const { id, number } = await anIssued(world, { consignorSiteId });
  const sees = async (caller: Caller) => ({
    listed: ids((await walk(caller, '/v1/manifests?limit=200')).flat()).includes(id),
    read: (await caller.get(`/v1/manifests/${id}`)).status,
    history: (await caller.get(`/v1/manifests/${id}/events`)).status,
    found: ok(await caller.get(`/v1/manifests?number=${number}`)).items.length,
  });
  for (const caller of [origin!, destination!, nation!, county!]) {
    t.same(await sees(caller), { listed: true, read: 200, history: 200, found: 1 });
    t.equal((await caller.get(`/v1/manifests/${draft}`)).status, 404, 'a draft is not theirs yet');
  }
  for (const caller of [elsewhere!, medical!])
    t.same(await sees(caller), { listed: false, read: 404, history: 404, found: 0 });
});

t.test(
  'Laiwu became Jinan: a site still under its old code is seen by Jinan, numbered by Jinan, and by nobody beside it',
  async (t) => {
    const world = await aWorld();
    const consignorSiteId = await aSite(world.consignor, '370116');
    // Registered before 2019-01-09; no edit gives that code any more.
    await world.service.database.pool.query("update sites set region = '371202' where id = $1", [consignorSiteId]);
    const consigneeSiteId = await aSite(world.consignee, '370302');
    const { id, number } = await anIssued(world, { consignorSiteId, consigneeSiteId });
    t.match(number, /^20263701/);
    t.equal(ok(await world.consignor.get(`/v1/manifests/${id}`)).originRegion, '371202');
    const [laiwu, weihai, tai] = [
      await aRegulator(world, '370116'),
      await aRegulator(world, '371000'),
      await aRegulator(world, '370900'),
    ];
    for (const caller of [world.regulator, laiwu]) {
      t.equal((await caller.get(`/v1/manifests/${id}`)).status, 200);
      t.ok(ids(ok(await caller.get('/v1/manifests?limit=200')).items).includes(id));
    }
    for (const caller of [weihai, tai]) t.equal((await caller.get(`/v1/manifests/${id}`)).status, 404);
  },
);

t.test('what is asked of a list must make sense', async (t) => {
  const world = await aWorld();
  const bad = [
    'limit=0',
    'limit=201',
    'limit=ten',
    'cursor=not-ours',
    `cursor=${Buffer.from('x').toString('base64url')}`,
  ];
  for (const query of bad)
    t.match(
      await world.consignor.get(`/v1/manifests?${query}`),
      { status: 400, body: { errors: [{ pointer: `query:${query.split('=')[0]}` }] } },
      query,
    );
});

t.test('a number is found as typed, in full-width digits too', async (t) => {
  const world = await aWorld();
  const { id, number } = await world.aManifest({ status: 'issued' });
  const fullWidth = number!.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
  const { items } = ok(await world.consignor.get(`/v1/manifests?number=${encodeURIComponent(fullWidth)}`));
  t.match(items, [{ id, number }]);
});
