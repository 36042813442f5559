import { aUnit, type Labelling, label, withUnit } from '../generation/given.ts';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';

/** A hub that keeps the boxes of clinics in its store, packs them into a big one and acts for them. */
export interface Hub extends Labelling {
  readonly clinics: readonly Caller[];
  /** The big box. */
  readonly boxId: string;
  readonly boxes: readonly { readonly id: string; readonly code: string; readonly batchId: string }[];
}

const ACTS = ['generation', 'storage', 'draft', 'issue', 'pickup-confirmation'];

/** Every clinic has one small box in the big one, of so many grams. */
export async function aHub(grams: readonly number[], given?: Labelling, changes: object = {}): Promise<Hub> {
  const world = given ?? (await withUnit(await aWorld()));
  const boxId = ok(await label(world, { packaging: 'box', ...changes })).id;
  const clinics: Caller[] = [];
  const boxes: Hub['boxes'][number][] = [];
  for (const massGrams of grams) {
    const clinic = await aClinic(world);
    clinics.push(clinic);
    boxes.push(
      ok(await label(world, { packaging: 'box', ownerId: clinic.partyId, massGrams, parent: boxId, ...changes })),
    );
  }
  return { ...world, clinics, boxId, boxes };
}

/** A tenant of the hub that leaves its papers to it. */
async function aClinic(world: World & Labelling): Promise<Caller> {
  const { unit: clinic } = await aUnit(world);
  const year = { validFrom: '2026-01-01', validTo: '2027-01-01' };
  ok(
    await world.unit.post('/v1/tenancies', {
      siteId: world.siteId,
      tenantId: clinic.partyId,
      validFrom: year.validFrom,
    }),
  );
  const parties = { principalId: clinic.partyId, agentId: world.unit.partyId };
  ok(await clinic.post('/v1/delegations', { ...parties, acts: ACTS, ...year }));
  return clinic;
}

export const collectionBody = (
  { carrier, consigneeSiteId }: Pick<World, 'carrier' | 'consigneeSiteId'>,
  { boxId }: Pick<Hub, 'boxId'>,
  changes: object = {},
) => ({ container: boxId, carrierId: carrier.partyId, consigneeSiteId, plannedMethod: 'D10', ...changes });
