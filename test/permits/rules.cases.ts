// What a permit covers, and what one must say to be entered.
import t from 'tap';
import { PERMIT_RULES } from '../../src/permits/permit-rules.ts';
import {
  type CoverQuestion,
  codeWarnings,
  NOT_COVERED,
  type PermitTerms,
  permitCovers,
  reasonText,
  termsRefusal,
  whyNotCovered,
} from '../../src/permits/rules.ts';
import { PERMIT_TYPES, type PermitType } from '../../src/permits/tables.ts';

const TODAY = '2026-11-22';
const HOLDER = '01900000-0000-7000-8000-000000000001';
const OTHER = '01900000-0000-7000-8000-000000000002';
const aPermit = (permit: Partial<PermitTerms> = {}): PermitTerms => ({
  wasteCodes: ['HW08', '900-041-49'],
  excludedCodes: [],
  methods: ['R9'],
  areas: [],
  siteId: null,
  counterpartId: null,
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
  capGrams: null,
  ...changes,
});
const pointerOf = (changes: Partial<Terms>) => termsRefusal(terms(changes), TODAY)?.errors?.[0]?.pointer;

t.test('a term has at least one day', async (t) => {
  t.equal(pointerOf({ validFrom: '2026-01-01', validTo: '2026-01-01' }), '/validTo');
  t.equal(pointerOf({ validFrom: '2026-01-01', validTo: '2026-01-02' }), undefined);
});

t.test('every row of the table asks for what it must say, and for nothing else', async (t) => {
  const whole = (type: PermitType): Partial<Terms> => ({
    type,
    counterpartId: OTHER,
    capGrams: 1_000,
    areas: ['510000'],
    wasteCodes: ['900-249-08'],
  });
  for (const type of PERMIT_TYPES) {
    const { counterpart, quantity, areas } = PERMIT_RULES[type];
    t.equal(pointerOf(whole(type)), undefined, type);
    t.equal(
      pointerOf({ ...whole(type), counterpartId: null }),
      counterpart === 'must' ? '/counterpartId' : undefined,
      `${type} with nobody`,
    );
    t.equal(pointerOf({ ...whole(type), counterpartId: HOLDER }), '/counterpartId', `${type} with oneself`);
    t.equal(
      pointerOf({ ...whole(type), capGrams: null }),
      quantity === 'must' ? '/capGrams' : undefined,
      `${type} without a quantity`,
    );
    t.equal(pointerOf({ ...whole(type), areas: [] }), areas === 'must' ? '/areas' : undefined, `${type} from anywhere`);
    t.equal(
      pointerOf({ ...whole(type), wasteCodes: [] }),
      type === 'contract' ? undefined : '/wasteCodes',
      `${type} for any waste`,
    );
    t.ok(PERMIT_RULES[type].basis, `${type} has a basis`);
  }
});

t.test('point to point is for one kind and for its use', async (t) => {
  const one = { type: 'point_to_point', counterpartId: OTHER, wasteCodes: ['900-300-34'] } as const;
  t.equal(pointerOf(one), undefined);
  t.equal(pointerOf({ ...one, wasteCodes: ['900-300-34', '900-249-08'] }), '/wasteCodes');
  t.equal(pointerOf({ ...one, wasteCodes: ['HW34'] }), '/wasteCodes', 'a class is many kinds');
  t.equal(pointerOf({ ...one, methods: ['R6', 'D10'] }), '/methods/1');
  t.match(termsRefusal(terms({ ...one, wasteCodes: ['HW34'] }), TODAY)?.basis, /附录 32/);
});

t.test('codes are evaluated include, then exclude', async (t) => {
  const permit = aPermit({ wasteCodes: ['HW08', '900-041-49'], excludedCodes: ['900-210-08', 'HW49'] });
  t.ok(permitCovers(permit, ask()));
  t.equal(whyNotCovered(permit, ask({ wasteCode: '900-210-08' })), 'excluded_code', 'a code out of its class');
  t.equal(whyNotCovered(permit, ask({ wasteCode: '900-041-49' })), 'excluded_code', 'a class out of a code');
  t.equal(whyNotCovered(permit, ask({ wasteCode: '900-300-34' })), 'waste_code', 'never included');
  t.ok(permitCovers(aPermit({ wasteCodes: [] }), ask()), 'any');
  t.equal(pointerOf({ excludedCodes: ['HW08', 'HW42'] }), '/excludedCodes/1');
});

t.test('areas by the tree of the day, never by digits', async (t) => {
  const why = (areas: readonly string[], origin: string, day = TODAY) =>
    whyNotCovered(aPermit({ areas, validFrom: '2015-01-01' }), ask({ origin, day }));
  t.equal(why([], '370112'), undefined, 'any');
  t.equal(why(['370000'], '370112'), undefined);
  t.equal(why(['370100', '110000'], '370112'), undefined);
  t.equal(why(['370112'], '370112'), undefined, 'the very place');
  t.equal(why(['370113'], '370112'), 'area');
  t.equal(why(['410000'], '370112'), 'area');
  // 莱芜 (371200) became 济南's 莱芜区 and 钢城区 on 2019-01-09.
  t.equal(why(['370100'], '371202', '2019-01-08'), 'area', 'not Jinan yet');
  t.equal(why(['370100'], '371202', '2019-01-09'), undefined);
  t.equal(why(['371200'], '371202', '2019-01-08'), undefined);
  t.equal(why(['371200'], '370116', '2026-01-01'), undefined, 'what took the place of Laiwu');
  t.equal(why(['371200'], '370112', '2026-01-01'), 'area', 'not the rest of Jinan');
  t.equal(pointerOf({ areas: ['370000', '999999'] }), '/areas/1');
  t.equal(pointerOf({ areas: ['371200'] }), undefined, 'a former code is known');
});

t.test('site and counterpart limit only when both sides name one; the reasons come in their order', async (t) => {
  const [SITE, ELSEWHERE] = [HOLDER, OTHER];
  t.equal(whyNotCovered(aPermit({ siteId: SITE }), ask({ siteId: ELSEWHERE })), 'site');
  t.ok(permitCovers(aPermit({ siteId: SITE }), ask()));
  t.ok(permitCovers(aPermit(), ask({ siteId: ELSEWHERE, counterpartId: OTHER })));
  t.equal(whyNotCovered(aPermit({ counterpartId: OTHER }), ask({ counterpartId: HOLDER })), 'counterpart');
  const wrong = { siteId: SITE, counterpartId: OTHER, wasteCodes: ['HW34'], methods: ['R1'], areas: ['410000'] };
  const question = { siteId: ELSEWHERE, counterpartId: HOLDER, origin: '370112' };
  const order = [
    { counterpartId: null },
    { siteId: null },
    { wasteCodes: ['HW08'] },
    { methods: [] },
    { areas: [] },
  ].reduce<{ permit: PermitTerms; said: (string | undefined)[] }>(
    ({ permit, said }, right) => ({
      permit: { ...permit, ...right },
      said: [...said, whyNotCovered(permit, ask(question))],
    }),
    { permit: aPermit(wrong), said: [] },
  );
  t.same(order.said, ['counterpart', 'site', 'waste_code', 'method', 'area']);
  t.ok(permitCovers(order.permit, ask(question)));
  for (const why of NOT_COVERED)
    t.match(reasonText({ ...aPermit(), number: 'N1' }, why), { zh: /N1/, en: /^The nearest, N1, .+\.$/ }, why);
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
  const unknown = { wasteCodes: ['HW08', '900-777-08'], excludedCodes: [] };
  t.equal(termsRefusal(terms(unknown), TODAY), undefined);
  t.match(codeWarnings(unknown, TODAY), [{ code: 'waste-code-unverified', pointer: '/wasteCodes/1' }]);
  t.match(termsRefusal(terms(unknown), '2024-12-31'), { errors: [{ pointer: '/wasteCodes/1' }] });
  t.same(codeWarnings({ ...unknown, wasteCodes: ['HW08', '900-249-08'] }, TODAY), []);
});
