import { aLine, anIssued, arrive, at, pickUp, receive } from '../manifests/given.ts';
import { type Answer, type Caller, ok, WASTE_CODE, type World } from '../support/world.ts';

/** What the disposal cases put together again and again. Fly ash is what an incinerator leaves (HW18). */
export const FLY_ASH = '772-003-18';

export const aTreatment = (world: World, changes: object = {}): object => ({
  siteId: world.consigneeSiteId,
  method: 'D10',
  startedAt: at(world, -60),
  endedAt: at(world),
  ...changes,
});

/** By the plant, unless another caller and site are given. */
export const treat = (world: World, changes: object, caller: Caller = world.consignee): Promise<Answer> =>
  caller.post('/v1/treatments', aTreatment(world, changes));

/** At the producer's own site. */
export const treatOwn = (world: World, changes: object): Promise<Answer> =>
  treat(world, { siteId: world.consignorSiteId, ...changes }, world.consignor);

export const residue = (grams: number, changes: object = {}): object => ({
  kind: 'residue',
  wasteCode: FLY_ASH,
  grams,
  ...changes,
});

/** A manifest whose load was received as weighed. @returns its id and the batch the plant has of it. */
export async function aReceived(world: World, grams: number): Promise<{ id: string; batchId: string }> {
  await world.generate(grams);
  const { id } = await anIssued(world, { lines: [aLine({ massGrams: grams })] });
  ok(await pickUp(world, id, [{ line: 1, massGrams: grams }]));
  ok(await arrive(world, id));
  const { batches } = ok(await receive(world, id, [{ line: 1, acceptedGrams: grams }]));
  return { id, batchId: batches[0].batchId };
}

/** What an organisation holds: role and code → grams; what is empty is left out. */
export async function heldOf(caller: Caller): Promise<Record<string, number>> {
  const { items } = ok(await caller.get('/v1/balances'));
  const held: Record<string, number> = {};
  for (const { role, wasteCode, grams } of items) {
    const key = `${role} ${wasteCode}`;
    held[key] = (held[key] ?? 0) + grams;
  }
  return held;
}

export const USED_OIL = WASTE_CODE;
