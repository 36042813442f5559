// The class of a site from the ledger, and what may say otherwise.
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { aSite } from '../manifests/given.ts';
import { edit } from '../registers/given.ts';
import { aWorld, type Caller, ok } from '../support/world.ts';
import { aTreatment, generated } from './given.ts';

const classOf = async (caller: Caller, siteId: string) => ok(await caller.get(`/v1/sites/${siteId}/class`));

t.test('by the largest of the last three full years, both sides of 10 t and 100 t', async (t) => {
  const world = await aWorld();
  const { consignor } = world;
  for (const [grams, expected] of [
    [9_999_999, 'REGISTER'],
    [10_000_000, 'SIMPLE'],
    [99_999_999, 'SIMPLE'],
    [100_000_000, 'KEY'],
  ] as const) {
    const siteId = await aSite(consignor, '370112');
    await generated(world, 1, '2022-12-31T15:59:59.999Z', { siteId });
    await generated(world, grams - 1, '2022-12-31T16:00:00Z', { siteId });
    await generated(world, 1, '2023-12-31T15:59:59.999Z', { siteId, wasteCode: '900-217-08' });
    await generated(world, 900_000_000, '2026-03-01T00:00:00Z', { siteId });
    await generated(world, 900_000_000, '2022-12-01T00:00:00Z', { siteId });
    await generated(world, 1, '2023-12-31T16:00:00Z', { siteId });
    t.match(await classOf(consignor, siteId), {
      siteClass: expected,
      because: 'mass',
      yearlyGrams: grams,
      provisional: false,
      years: [
        { year: 2023, grams, full: true },
        { year: 2024, grams: 1, full: true },
        { year: 2025, grams: 0, full: true },
        { year: 2026, grams: 900_000_000, full: false },
      ],
      thresholds: { keyGrams: 100_000_000, simpleGrams: 10_000_000, basis: /HJ 1259-2022.* 4\.2\.1/ },
    });
  }
});

t.test('a site that began lately is judged by what there is, and says so', async (t) => {
  const world = await aWorld();
  const { consignor, consignorSiteId, stranger, regulator, carrier } = world;
  t.match(await classOf(consignor, consignorSiteId), { siteClass: 'REGISTER', provisional: true, years: [] });
  await generated(world, 10_000_000, '2026-03-01T00:00:00Z');
  t.match(await classOf(regulator, consignorSiteId), {
    siteClass: 'SIMPLE',
    provisional: true,
    planParts: ['A.1', 'A.3', 'A.4', 'A.6', 'A.7'],
    reports: [{ periodType: 'quarterly' }, { periodType: 'yearly' }],
  });
  for (const caller of [stranger, carrier])
    t.equal((await caller.get(`/v1/sites/${consignorSiteId}/class`)).status, 404);
  t.equal((await consignor.get(`/v1/sites/${randomUUID()}/class`)).status, 404);
});

t.test('a licence, treatment of its own, and the word of the prefecture', async (t) => {
  const world = await aWorld();
  const { consignor, consignee, regulator, consignorSiteId, consigneeSiteId } = world;
  t.match(await classOf(consignee, consigneeSiteId), { siteClass: 'KEY', because: 'licence', licenceNumber: /^test-/ });
  const batchId = await generated(world, 2_000, '2026-08-01T00:00:00Z');
  await aTreatment(world, consignor, consignorSiteId, {
    batchId,
    grams: 1_000,
    residueGrams: 1,
    treatmentKind: 'use',
    occurredAt: '2026-08-02T00:00:00Z',
  });
  t.match(await classOf(consignor, consignorSiteId), {
    siteClass: 'KEY',
    because: 'own_treatment',
    treatsItself: true,
  });
  const override = {
    type: 'site_class',
    partyId: consignor.partyId,
    siteId: consignorSiteId,
    tag: 'REGISTER',
    stream: 'hazardous',
    reason: '自行利用设施已拆除',
    validFrom: '2026-09-01',
  };
  const { id } = ok(await regulator.post('/v1/designations', override));
  t.match(await classOf(consignor, consignorSiteId), {
    siteClass: 'REGISTER',
    because: 'override',
    basis: 'HJ 1259-2022 4.2.2',
    override: { designationId: id, siteClass: 'REGISTER', reason: override.reason },
    reports: [{ periodType: 'yearly' }],
  });
  ok(await edit(regulator, `/v1/designations/${id}`, { validTo: '2026-09-16' }));
  t.match(await classOf(consignor, consignorSiteId), { siteClass: 'KEY', override: null }, 'it ends with its last day');
});
