import { randomInt } from 'node:crypto';
import { checkUscc } from '../../src/catalogue/identifiers.ts';
import { aParty, at } from '../manifests/given.ts';
import { type Answer, type Caller, ok, WASTE_CODE, type World } from '../support/world.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** A code that holds by its check character, of a unit that is nobody. */
export function aUscc(): string {
  const body = `91370102${Array.from({ length: 9 }, () => ALPHABET[randomInt(10)]).join('')}`;
  return [...ALPHABET].map((check) => body + check).find((code) => checkUscc(code).valid)!;
}

export interface Labelling extends World {
  /** Has a USCC, and so may label; at a site of its own. */
  readonly unit: Caller;
  readonly uscc: string;
  readonly siteId: string;
}

export async function aUnit(world: World, uscc = aUscc()): Promise<{ unit: Caller; uscc: string; siteId: string }> {
  const unit = await aParty(world, { capacities: ['producer', 'consignee'], uscc } as never);
  const site = { partyId: unit.partyId, name: '车间', region: '370112' };
  return { unit, uscc, siteId: ok(await unit.post('/v1/sites', site)).id };
}

export const withUnit = async (world: World): Promise<Labelling> => ({ ...world, ...(await aUnit(world)) });

export const labelBody = (world: Labelling, changes: object = {}): object => ({
  siteId: world.siteId,
  wasteCode: WASTE_CODE,
  name: '废矿物油',
  form: 'liquid',
  hazards: ['T', 'I'],
  packaging: 'drum',
  capacityLitres: 200,
  occurredAt: at(world),
  ...changes,
});

export const label = (world: Labelling, changes: object = {}, caller = world.unit): Promise<Answer> =>
  caller.post('/v1/containers', labelBody(world, changes));

export const aDrum = async (
  world: Labelling,
  grams = 1_000,
  changes: object = {},
): Promise<{ id: string; code: string; batchId: string }> => ok(await label(world, { massGrams: grams, ...changes }));

export const anOuterBox = async (world: Labelling): Promise<string> =>
  ok(await label(world, { packaging: 'pallet', capacityLitres: null })).id;

export const aStore = async (world: Labelling, changes: object = {}): Promise<string> => {
  const code = `TS${String(randomInt(100_000)).padStart(5, '0')}`;
  return ok(await world.unit.post('/v1/stores', { siteId: world.siteId, code, type: 'warehouse', ...changes })).id;
};

export const generated = async (
  world: Labelling,
  massGrams: number,
  changes: object = {},
): Promise<{ batchId: string; code: string }> =>
  ok(
    await world.unit.post('/v1/generations', {
      siteId: world.siteId,
      wasteCode: WASTE_CODE,
      massGrams,
      occurredAt: at(world),
      ...changes,
    }),
  );

export const move = (
  world: Labelling,
  direction: 'in' | 'out',
  storeId: string,
  what: object,
  caller = world.unit,
): Promise<Answer> => caller.post('/v1/storage-moves', { direction, storeId, occurredAt: at(world), ...what });

export const read = async (caller: Caller, path: string): Promise<Answer['body']> => ok(await caller.get(path));
