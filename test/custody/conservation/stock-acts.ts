import { by, type ContainerRow, containersOf, type Doing, IN_STOCK, near, type Play } from './play.ts';
import { CODES, SLUDGE } from './scene.ts';

/** What is done to waste that lies at a site: it comes into being, is put into containers and stores, is treated. */
interface Lot {
  readonly id: string;
  readonly owner: string;
  readonly party: string;
  readonly site: string;
  readonly code: string;
  readonly grams: number;
  readonly pieces: number;
}

const lots = (play: Play): Promise<Lot[]> =>
  play.rows<Lot>(
    `select b.id, b.owner_id as owner, b.party_id as party, b.site_id as site, b.waste_code as code, l.grams, l.pieces
     from batches b join balances l on l.account_id = b.account_id and l.batch_id = b.id
     where b.party_id = any($1::uuid[]) and l.grams > 0 order by b.formed_at desc, b.waste_code, l.grams, b.id`,
    [...play.scene.callers.keys()],
  );

/** For oneself, as a tenant, for a tenant, as an agent. */
function whose(play: Play) {
  const { scene, oneOf } = play;
  const [first, second] = scene.producers as [Play['scene']['park'], Play['scene']['park']];
  const own = (who: typeof first) => ({ who, siteId: scene.siteOf.get(who.partyId)! });
  const park = scene.siteOf.get(scene.park.partyId)!;
  return oneOf([
    own(first),
    own(second),
    { who: second, siteId: park },
    { who: scene.park, siteId: park, ownerId: second.partyId },
    { who: scene.agent, siteId: scene.siteOf.get(first.partyId)!, ownerId: first.partyId },
    own(scene.plants[0]!),
    own(scene.park),
  ]);
}

/** Some of it long ago, so that months differ. */
const generation: Doing = async (play) => {
  const { who, ...at } = whose(play);
  return by(play, who.partyId).post('/v1/generations', {
    ...at,
    ...play.oneOf([
      { wasteCode: CODES[play.die(2)] },
      { wasteCode: CODES[0] },
      { wasteCode: SLUDGE, moisturePermille: 700 + play.die(300) },
    ]),
    massGrams: 1 + play.die(1_000) * 1_500,
    pieces: play.oneOf([0, 4, 1]),
    occurredAt: play.ago(play.die(3) * 30_000),
  });
};

const label: Doing = async (play) => {
  const { who, ...at } = whose(play);
  const owner = 'ownerId' in at ? at.ownerId : who.partyId;
  const here = (await lots(play)).filter((lot) => lot.site === at.siteId && lot.owner === owner);
  const lot = play.oneOf(here);
  const filling = play.die(3);
  const wasteCode = filling === 1 && lot ? lot.code : CODES[play.die(2)];
  const boxes = (await containers(play)).filter(({ site, batch }) => site === at.siteId && batch === null);
  return by(play, who.partyId).post('/v1/containers', {
    ...at,
    wasteCode,
    name: '废物',
    form: 'liquid',
    hazards: ['T'],
    packaging: filling === 2 ? 'pallet' : 'drum',
    parent: play.oneOf([null, play.oneOf(boxes)?.id ?? null]),
    occurredAt: play.ago(),
    ...(filling === 0 ? { massGrams: 1 + play.die(1_000) * 200, pieces: play.oneOf([0, 1]) } : {}),
    ...(filling === 1 && lot
      ? {
          from: [
            { batchId: lot.id, massGrams: Math.max(1, near(play, lot.grams)), pieces: play.oneOf([0, lot.pieces]) },
          ],
        }
      : {}),
  });
};

/** What stands at a site. */
const containers = async (play: Play): Promise<ContainerRow[]> =>
  (await containersOf(play)).filter(({ state }) => IN_STOCK.includes(state));

const nest: Doing = async (play) => {
  const all = await containers(play);
  const child = play.oneOf(all);
  if (!child) return undefined;
  const parent =
    play.oneOf(all.filter(({ site, id }) => site === child.site && id !== child.id && id !== child.parent)) ?? null;
  return by(play, child.party).post(`/v1/containers/${child.id}/nesting`, {
    parent: play.die(5) === 4 || child.parent !== null ? null : (parent?.id ?? null),
    occurredAt: play.ago(),
  });
};

const empty: Doing = async (play) => {
  const container = play.oneOf(await containersOf(play));
  return (
    container && by(play, container.party).post(`/v1/containers/${container.id}/emptied`, { occurredAt: play.ago() })
  );
};

/** Into a store and out of it, as batches in whole or in part, or as containers. */
const storageMove: Doing = async (play) => {
  const { scene } = play;
  const park = scene.siteOf.get(scene.park.partyId)!;
  const lot = play.oneOf((await lots(play)).filter(({ site }) => site === park));
  const body = play.oneOf((await containers(play)).filter(({ site, batch }) => site === park && batch !== null));
  const how = play.die(3);
  if (how === 2 ? !body : !lot) return undefined;
  return by(play, play.oneOf([scene.park.partyId, lot?.owner])).post('/v1/storage-moves', {
    direction: play.oneOf(['in', 'out']),
    storeId: play.oneOf(scene.stores),
    occurredAt: play.ago(),
    ...(how === 2
      ? { containers: [body!.id] }
      : { batches: [{ batchId: lot!.id, ...(how === 1 ? { massGrams: Math.max(1, near(play, lot!.grams)) } : {}) }] }),
  });
};

/** Of what a party has at its own site: its own, or what a tenant keeps there. */
const treatment: Doing = async (play) => {
  const { scene, die } = play;
  const own = (await lots(play)).filter(({ party, site }) => scene.siteOf.get(party) === site);
  const first = play.oneOf(own);
  if (!first) return undefined;
  const more = own.filter(({ site, owner, id }) => site === first.site && owner === first.owner && id !== first.id);
  const second = die(3) === 2 ? play.oneOf(more) : undefined;
  const inputs = [first, ...(second ? [second] : [])].map((lot) => ({
    ...(die(4) === 3 ? { wasteCode: lot.code } : { batchId: lot.id }),
    grams: Math.max(1, near(play, lot.grams)),
    pieces: play.oneOf([0, lot.pieces]),
  }));
  const total = inputs.reduce((all, { grams }) => all + grams, 0);
  const part = (permille: number) => Math.floor((total * permille) / 1_000);
  const [ash, oil, lime] = [part(die(300)), part(die(200)), part(die(100))];
  const residue = { kind: 'residue', wasteCode: CODES[2], grams: ash, dryGrams: Math.floor(ash / (1 + die(3))) };
  const bodies = (await containers(play)).filter(
    ({ site, owner, batch }) => site === first.site && owner === first.owner && batch !== null,
  );
  const scanned = bodies.slice(0, die(3)).map(({ id }) => id);
  return by(play, first.party).post('/v1/treatments', {
    siteId: first.site,
    method: 'D10',
    startedAt: play.ago(60),
    endedAt: play.ago(),
    ...(first.owner === first.party ? {} : { ownerId: first.owner }),
    inputs: scanned.length > 0 && die(2) === 1 ? [] : inputs,
    containers: scanned,
    outputs: [...(ash > 0 ? [residue] : []), ...(oil > 0 ? [{ kind: 'product', name: '油', grams: oil }] : [])],
    additives: lime > 0 ? [{ name: '石灰', grams: lime }] : [],
    lossGrams: part(die(200)),
  });
};

const reversal: Doing = async (play) => {
  const found = play.oneOf(
    await play.rows<{ id: string; party: string }>(
      'select id, party_id as party from treatments where party_id = any($1::uuid[]) order by id desc',
      [...play.scene.callers.keys()],
    ),
  );
  return found && by(play, found.party).post(`/v1/treatments/${found.id}/reversal`, { reason: '误录' });
};

export const STOCK_ACTS = { generation, label, nest, empty, storageMove, treatment, reversal } satisfies Record<
  string,
  Doing
>;
