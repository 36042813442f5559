import t from 'tap';
import { CUSTODY_STAGES, exemptionsFor } from '../../src/catalogue/exemptions.ts';
import { findTreatmentMethod, methodsOf, treatmentKindOf } from '../../src/catalogue/treatment-methods.ts';

const DAY = '2024-06-01';
const items = (code: string, stage: (typeof CUSTODY_STAGES)[number], day = DAY) =>
  exemptionsFor(code, stage, day).map((found) => `${found.item}:${found.matchedBy}`);

t.test('lead-acid batteries are exempt in transport, not in use', async (t) => {
  t.ok(items('900-052-31', 'transport').includes('18:code'));
  t.notOk(items('900-052-31', 'utilise').includes('18:code'));
});

t.test('an item for all stages covers storage too', async (t) => {
  for (const stage of CUSTODY_STAGES) t.ok(items('900-041-49', stage).includes('24:code'), stage);
});

t.test('an item may name a class, or any waste', async (t) => {
  t.ok(items('841-001-01', 'collect').includes('2:class'));
  t.ok(items('900-300-34', 'utilise').includes('20:class'));
  t.ok(items('321-026-48', 'utilise').includes('32:any'), 'point-to-point use');
  t.notOk(items('321-026-48', 'transport').includes('32:any'));
  t.notOk(items('900-300-34', 'transport').includes('20:class'));
});

t.test('a row that names a code and any waste answers once', async (t) => {
  t.same(
    items('900-042-49', 'transport').filter((item) => item.startsWith('25:')),
    ['25:code'],
  );
  t.same(
    items('900-042-49', 'dispose').filter((item) => item.startsWith('25:')),
    ['25:code'],
  );
  t.same(
    items('900-249-08', 'dispose').filter((item) => item.startsWith('25:')),
    ['25:any'],
  );
});

t.test('days and unknown codes', async (t) => {
  t.ok(exemptionsFor('900-052-31', 'transport', '2024-12-31').every((found) => found.verified));
  t.ok(
    exemptionsFor('900-052-31', 'transport', '2025-01-01').every(
      (found) => !found.verified && found.edition === '2025',
    ),
  );
  t.same(items('900-052-31', 'transport', '2020-12-31'), []);
  t.same(items('900-052-42', 'transport'), []);
  t.same(items('nonsense', 'transport'), []);
});

t.test('treatment methods: the 27 codes of the standard, the cement kiln counts by policy', async (t) => {
  t.equal(methodsOf('hazardous').length, 27);
  t.equal(new Set(methodsOf('hazardous').map((method) => method.code)).size, 27);
  for (const method of methodsOf('hazardous')) {
    if (method.code.startsWith('R')) t.equal(method.kind, 'use', method.code);
    if (/^[DY]/.test(method.code)) t.equal(method.kind, 'disposal', method.code);
  }
  t.equal(findTreatmentMethod('D11'), undefined);
  const kiln = findTreatmentMethod('C1')!;
  t.equal(treatmentKindOf(kiln, 'use'), 'use');
  t.equal(treatmentKindOf(kiln, 'disposal'), 'disposal');
  t.equal(treatmentKindOf(findTreatmentMethod('R1')!, 'disposal'), 'use');
});
