import { randomBytes } from 'node:crypto';
import t from 'tap';
import { seedPolicyRows } from '../../src/catalogue/policies.ts';
import { LINE_FIELDS, STREAMS, type StreamTerms, streams } from '../../src/catalogue/streams.ts';
import { methodsOf } from '../../src/catalogue/treatment-methods.ts';
import { listWasteCodes } from '../../src/catalogue/waste-codes.ts';
import { aRegulator, arrive, at, pickUp, receive } from '../manifests/given.ts';
import { aWorld, type Caller, ok, type World } from '../support/world.ts';

/**
 * A whole manifest of every row of streams.json, from what was generated to what was treated. Nothing here knows a stream: what a draft
 * says follows from the row, so that a row that is added is tested by being there (`one-more.ts`).
 */
const GRAMS = 2_000_000;
const SAMPLES: Readonly<Record<(typeof LINE_FIELDS)[number], unknown>> = {
  form: 'solid',
  hazards: ['T'],
  packaging: 'bag',
  pieces: 4,
  hazardousComponent: '苯',
  unNumber: 'UN3082',
  packingGroup: 'III',
  exemption: { item: 1 },
  volumeLitres: 1_000,
  moisturePermille: 700,
};

function codeOf({ classes }: StreamTerms): string {
  const [named = ''] = classes;
  if (named.startsWith('SW')) return `900-001-S${named.slice(2)}`;
  const others = streams.flatMap((row) => row.classes);
  const found = listWasteCodes({ day: '2026-09-16' }).find((one) =>
    named === '*' ? !others.includes(one.class) : one.class === named,
  );
  return found!.code;
}

/** What its row asks for, and no more. */
function lineOf(terms: StreamTerms, wasteCode: string): object {
  const asked = LINE_FIELDS.filter((field) => terms.line[field] === 'required');
  const method = methodsOf(terms.stream).at(-1)!.code;
  return {
    wasteCode,
    name: terms.zh,
    massGrams: GRAMS,
    plannedMethod: method,
    ...Object.fromEntries(asked.map((field) => [field, SAMPLES[field]])),
  };
}

const permit = async (world: World, type: string, holder: Caller, wasteCode: string): Promise<void> => {
  const number = `test-${randomBytes(6).toString('hex')}`;
  const terms = { validFrom: '2026-01-01', validTo: '2027-01-01', wasteCodes: [wasteCode] };
  ok(await world.admin.post('/v1/permits', { type, number, holderId: holder.partyId, ...terms }));
};

for (const terms of streams)
  t.test(`${terms.stream}: generated, moved under a manifest, treated`, async (t) => {
    const world = await aWorld();
    const { stream } = terms;
    const wasteCode = codeOf(terms);
    for (const type of ['licence', 'receiving_permit']) await permit(world, type, world.consignee, wasteCode);
    const regulator = await aRegulator(world, '370000', [stream]);
    const others = await aRegulator(
      world,
      '370000',
      STREAMS.filter((one) => one !== stream),
    );
    const isMoist = terms.line.moisturePermille === 'required';
    const measured = isMoist ? { moisturePermille: 700 } : {};
    const dry = isMoist ? (GRAMS * 3) / 10 : 0;
    const batchId = await world.generate(GRAMS, { wasteCode, ...measured });
    const { id } = ok(
      await world.consignor.post('/v1/manifests', world.draftBody({ lines: [lineOf(terms, wasteCode)] })),
    );
    const { number } = ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
    const { prefix } = seedPolicyRows.find((row) => row.policy === 'manifest-number-format' && row.stream === stream)!
      .value as { prefix: string };
    t.match(number, new RegExp(`^${prefix}20263701\\d+$`), 'numbered by its own format');
    ok(await pickUp(world, id, [{ line: 1, massGrams: GRAMS, ...measured }]));
    ok(await arrive(world, id));
    const { batches } = ok(await receive(world, id, [{ line: 1, acceptedGrams: GRAMS, ...measured }]));
    t.match(ok(await regulator.get(`/v1/manifests/${id}`)), { stream, status: 'received' });
    t.equal((await others.get(`/v1/manifests/${id}`)).status, 404, 'nobody else’s to see');
    t.match(ok(await world.consignor.get(`/v1/batches/${batchId}`)), { remainingGrams: 0, remainingDryGrams: 0 });
    const input = { batchId: batches[0].batchId, grams: GRAMS };
    t.match(ok(await world.consignee.get(`/v1/batches/${input.batchId}`)), {
      initialGrams: GRAMS,
      initialDryGrams: dry,
    });
    ok(
      await world.consignee.post('/v1/treatments', {
        siteId: world.consigneeSiteId,
        method: methodsOf(stream).at(-1)!.code,
        startedAt: at(world, -60),
        endedAt: at(world),
        inputs: [input],
        lossGrams: 500_000,
      }),
    );
    const { lines } = ok(await world.consignor.get(`/v1/manifests/${id}/fate`));
    t.match(lines, [{ receivedGrams: GRAMS, parts: [{ fate: 'treated', permille: 1_000 }] }]);
    const { rows } = await world.service.database.pool.query(
      `select a.role, sum(p.grams)::bigint as grams, sum(p.dry_grams)::bigint as dry from postings p join accounts a on a.id = p.account_id
       where a.waste_code = $1 and a.owner_id = any($2::uuid[]) group by 1 having (sum(p.grams), sum(p.dry_grams)) <> (0, 0) order by 1`,
      [wasteCode, [world.consignor.partyId, world.consignee.partyId]],
    );
    t.same(rows, [
      { role: 'generated', grams: -GRAMS, dry: -dry },
      { role: 'loss', grams: 500_000, dry: 0 },
      { role: 'treated', grams: GRAMS - 500_000, dry },
    ]);
  });
