import { randomBytes } from 'node:crypto';
import { aRegulator, aSite, at } from '../manifests/given.ts';
import { type Answer, aWorld, type Caller, ok, type World } from '../support/world.ts';

/** A building site with its project, and who hauls and takes in its waste. */
export interface Yard extends World {
  readonly siteId: string;
  readonly projectId: string;
  readonly urban: Caller;
}

export const SPOIL = { wasteCode: '900-001-S70', name: '工程渣土', plannedMethod: 'J4' };

export async function aYard(project: object = {}, region = '370112'): Promise<Yard> {
  const world = await aWorld();
  const siteId = await aSite(world.consignor, region);
  const projectId = ok(await world.consignor.post('/v1/projects', aProject(siteId, project))).id;
  return {
    ...world,
    siteId,
    projectId,
    urban: await aRegulator(world, region.slice(0, 4).padEnd(6, '0'), ['construction']),
  };
}

export const aProject = (siteId: string, changes: object = {}): object => ({
  number: randomBytes(6).toString('hex'),
  name: '解放东路片区改造工程',
  siteId,
  kind: 'earthworks',
  startsOn: '2026-09-01',
  ...changes,
});

/** A permit of the yard's world, entered by the platform. */
export const aPermit = async (yard: Yard, type: string, holder: Caller, more: object = {}): Promise<string> =>
  ok(
    await yard.admin.post('/v1/permits', {
      type,
      number: `test-${randomBytes(6).toString('hex')}`,
      holderId: holder.partyId,
      wasteCodes: ['SW70'],
      validFrom: '2026-01-01',
      validTo: '2027-01-01',
      ...more,
    }),
  ).id;

/** All that a load of spoil is asked for. */
export async function papers(yard: Yard): Promise<void> {
  await aPermit(yard, 'discharge_permit', yard.consignor, { siteId: yard.siteId });
  await aPermit(yard, 'project_plan', yard.consignor, { siteId: yard.siteId });
  await aPermit(yard, 'transport_permit', yard.carrier);
  await aPermit(yard, 'receiving_permit', yard.consignee, { siteId: yard.consigneeSiteId });
}

export const truckload = (yard: Yard, line: object = { volumeLitres: 12_000 }, more: object = {}): object => ({
  consignorSiteId: yard.siteId,
  carrierId: yard.carrier.partyId,
  consigneeSiteId: yard.consigneeSiteId,
  plate: yard.plate,
  lines: [{ ...SPOIL, ...line }],
  ...more,
});

export const fileLoad = (yard: Yard, line?: object, more?: object): Promise<Answer> =>
  yard.consignor.post('/v1/manifests/file', truckload(yard, line, more));

export const load = (yard: Yard, id: string, line: object): Promise<Answer> =>
  yard.carrier.post(`/v1/manifests/${id}/pickup`, {
    occurredAt: at(yard),
    plate: yard.plate,
    lines: [{ line: 1, ...line }],
  });

export const unload = async (yard: Yard, id: string, line: object): Promise<Answer> => {
  ok(await yard.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: at(yard) }));
  return yard.consignee.post(`/v1/manifests/${id}/receipt`, { occurredAt: at(yard), lines: [{ line: 1, ...line }] });
};

/** One truck there: filed, loaded, received. */
export async function aTrip(
  yard: Yard,
  out: object = { volumeLitres: 12_000 },
  come: object = { acceptedLitres: 12_000 },
) {
  const { id, number } = ok(await fileLoad(yard));
  ok(await load(yard, id, out));
  ok(await unload(yard, id, come));
  return { id: id as string, number: number as string };
}

export const anomaliesOf = async (yard: Yard, subjectId: string): Promise<string[]> => {
  await yard.jobsDone();
  const { items } = ok(await yard.urban.get(`/v1/anomalies?subjectId=${subjectId}&limit=200`));
  return items.map(({ rule, severity }: { rule: string; severity: string }) => `${rule} ${severity}`).sort();
};
