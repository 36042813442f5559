// What a permit covers, and what one must say to be entered.
import t from 'tap';
import {
  type CoverQuestion,
  codeWarnings,
  type PermitTerms,
  permitCovers,
  termsRefusal,
  whyNotCovered,
} from '../../src/permits/rules.ts';
import { PERMIT_TYPES } from '../../src/permits/tables.ts';

const TODAY = '2026-11-22';
const HOLDER = '01900000-0000-7000-8000-000000000001';
const OTHER = '01900000-0000-7000-8000-000000000002';
const aPermit = (permit: Partial<PermitTerms> = {}): PermitTerms => ({
  wasteCodes: ['HW08', '900-041-49'],
  methods: ['R9'],
  validFrom: '2026-01-01',
  validTo: '2031-01-01',
  status: 'valid',
  ...permit,
});
const ask = (question: Partial<CoverQuestion> = {}): CoverQuestion => ({
  wasteCode: '900-249-08',
  method: 'R9',
  day: TODAY,
  ...question,
});

t.test('validity is half-open: the first day counts, the last does not', async (t) => {
  t.equal(whyNotCovered(aPermit(), ask({ day: '2025-12-31' })), 'not_yet_valid');
  t.equal(whyNotCovered(aPermit(), ask({ day: '2026-01-01' })), undefined);
  t.equal(whyNotCovered(aPermit(), ask({ day: '2030-12-31' })), undefined);
  t.equal(whyNotCovered(aPermit(), ask({ day: '2031-01-01' })), 'expired');
});

t.test('a class stands for its codes, a code for itself', async (t) => {
  t.ok(permitCovers(aPermit(), ask({ wasteCode: '900-249-08' })));
  t.ok(permitCovers(aPermit(), ask({ wasteCode: '900-000-08' })), 'identified but not listed, of that class');
  t.ok(permitCovers(aPermit(), ask({ wasteCode: '900-041-49' })));
  t.equal(whyNotCovered(aPermit(), ask({ wasteCode: '900-047-49' })), 'waste_code', 'another code of the class');
  t.equal(whyNotCovered(aPermit(), ask({ wasteCode: '336-100-17' })), 'waste_code');
  t.equal(whyNotCovered(aPermit(), ask({ wasteCode: 'nonsense' })), 'waste_code');
  t.ok(permitCovers(aPermit({ wasteCodes: ['336-100-17'] }), ask({ wasteCode: '336-100-17' })));
  t.notOk(
    permitCovers(aPermit({ wasteCodes: ['336-100-17'] }), ask({ wasteCode: '336-100-21' })),
    'all eight digits count',
  );
});

t.test('methods limit only when both sides name one', async (t) => {
  t.equal(whyNotCovered(aPermit(), ask({ method: 'D10' })), 'method');
  t.ok(permitCovers(aPermit(), { wasteCode: '900-249-08', day: TODAY }));
  t.ok(permitCovers(aPermit({ methods: [] }), ask({ method: 'D10' })));
});

t.test('a revoked permit covers nothing, and that is said first', async (t) => {
  t.equal(whyNotCovered(aPermit({ status: 'revoked' }), ask({ day: '2040-01-01' })), 'revoked');
});

type Terms = Parameters<typeof termsRefusal>[0];
const terms = (changes: Partial<Terms> = {}): Terms => ({
  ...aPermit(),
  type: 'licence',
  holderId: HOLDER,
  counterpartId: null,
  ...changes,
});
const pointerOf = (changes: Partial<Terms>) => termsRefusal(terms(changes), TODAY)?.errors?.[0]?.pointer;

t.test('a term has at least one day', async (t) => {
  t.equal(pointerOf({ validFrom: '2026-01-01', validTo: '2026-01-01' }), '/validTo');
  t.equal(pointerOf({ validFrom: '2026-01-01', validTo: '2026-01-02' }), undefined);
});

t.test('what says between whom names two parties', async (t) => {
  for (const type of PERMIT_TYPES) {
    const isBetween = type === 'cross_province_approval' || type === 'point_to_point';
    t.equal(pointerOf({ type }), isBetween ? '/counterpartId' : undefined, type);
    t.equal(pointerOf({ type, counterpartId: OTHER }), undefined, type);
    t.equal(pointerOf({ type, counterpartId: HOLDER }), '/counterpartId', type);
  }
});

t.test('codes are of the list, classes exist, methods are of the standard', async (t) => {
  t.equal(pointerOf({ wasteCodes: ['HW08', 'HW42'] }), '/wasteCodes/1');
  t.equal(pointerOf({ wasteCodes: ['hw08'] }), '/wasteCodes/0', 'as the list writes it');
  t.equal(pointerOf({ wasteCodes: ['900249 08'] }), '/wasteCodes/0');
  t.equal(pointerOf({ wasteCodes: ['900-249-42'] }), '/wasteCodes/0');
  t.equal(pointerOf({ wasteCodes: ['900-000-08'] }), undefined);
  t.equal(pointerOf({ methods: ['R9', 'R99'] }), '/methods/1');
});

t.test('a code we could not check is a remark under the 2025 list, a refusal under that of 2021', async (t) => {
  const unknown = { wasteCodes: ['HW08', '900-777-08'] };
  t.equal(termsRefusal(terms(unknown), TODAY), undefined);
  t.match(codeWarnings(unknown, TODAY), [{ code: 'waste-code-unverified', pointer: '/wasteCodes/1' }]);
  t.match(termsRefusal(terms(unknown), '2024-12-31'), { errors: [{ pointer: '/wasteCodes/1' }] });
  t.same(codeWarnings({ wasteCodes: ['HW08', '900-249-08'] }, TODAY), []);
});
