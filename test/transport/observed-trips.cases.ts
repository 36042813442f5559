// Journeys are inferred from what was observed, whatever was declared of them.
import t from 'tap';
import { aWorld } from '../support/world.ts';
import { lookedAt, round, tell, tripsOf, watched } from './observed.ts';

const MINUTE_MS = 60_000;

t.test('a track from fence to fence is one trip, whoever asks', async (t) => {
  const world = await aWorld();
  await watched(world);
  const start = world.clock.now().getTime() - 60 * MINUTE_MS;
  t.match(await tell(world, round(world, start)), { recorded: 101, known: 0, dropped: 0 });
  await lookedAt(world);
  const [trip, ...more] = await tripsOf(world);
  t.same(more, []);
  t.match(trip, {
    fromSiteId: world.consignorSiteId,
    toSiteId: world.consigneeSiteId,
    carrierId: world.carrier.partyId,
    manifestId: null,
  });
});
