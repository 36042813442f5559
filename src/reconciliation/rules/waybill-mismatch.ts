/**
 * The waybill for dangerous goods travels with the manifest (TM 11(2)): two statements of one load to two authorities, by plate, time, UN
 * number and mass. Where they differ one of them is wrong; which, the carrier says. Pure.
 */
import { z } from 'zod';
import { dayInShanghai, minuteInShanghai } from '../../catalogue/calendar.ts';
import type { RuleFacts, WaybillManifest } from './facts.ts';
import { type Finding, massText, type Rule, stepOver } from './rule.ts';

const Parameters = z.strictObject({
  /** Between the planned departure and the pickup. */
  minutesMax: z.number().int().positive(),
  massPermilleMax: z.number().int().positive(),
});
type Parameters = z.infer<typeof Parameters>;

export const WAYBILL_MISMATCH_RULE: Rule<'waybill', 'waybillManifests', Parameters> = {
  id: 'waybill_mismatch',
  codes: ['HW-30'],
  kind: 'condition',
  title: { zh: '危货运单与联单不符', en: 'A waybill and its manifests differ' },
  streams: ['hazardous', 'medical'],
  subject: 'waybill',
  parameters: Parameters,
  unit: 'count',
  facts: ['waybillManifests'],
  wokenBy: {
    waybill_recorded: 'itself',
    picked_up: 'waybills_naming',
    handed_over: 'waybills_naming',
    departed: 'waybills_naming',
    manifest_corrected: 'waybills_naming',
  },
  sceneOf({ waybill, waybillManifests }) {
    const [first] = waybillManifests;
    if (!first) return { notJudged: 'manifest' };
    return {
      region: first.originRegion,
      stream: first.stream,
      day: dayInShanghai(waybill.departsAt),
      // Loads of several consignors may be on one waybill: each knows of his own by the manifest.
      partyIds: [waybill.carrierId],
      regions: [
        ...new Set(
          waybillManifests.flatMap(({ originRegion, destinationRegion }) => [originRegion, destinationRegion]),
        ),
      ],
    };
  },
  judge(facts, { parameters, steps, basis }) {
    if (!facts.waybillManifests.some(({ startedAt }) => startedAt !== null)) return { notJudged: 'pickedUpAt' };
    const found = differences(facts, parameters);
    const [first] = found;
    const step = stepOver(steps, found.length);
    if (!first || !step) return { clear: true };
    const { waybill, waybillManifests } = facts;
    const said = (language: 'zh' | 'en') => found.map((one) => one[language]).join(language === 'zh' ? '；' : '; ');
    const finding: Finding = {
      severity: step.severity,
      observed: Object.assign({}, ...found.map(({ observed }) => observed)),
      expected: Object.assign({}, ...found.map(({ expected }) => expected)),
      tolerance: { ...first.tolerance, source: basis },
      basis,
      evidence: [waybill.id, ...waybillManifests.map(({ id }) => id)],
      summary: {
        zh: `危货运单 ${waybill.number} 与联单不符：${said('zh')}。`,
        en: `Waybill ${waybill.number} and its manifests differ: ${said('en')}.`,
      },
      question: {
        partyId: waybill.carrierId,
        zh: `运单 ${waybill.number} 与联单哪一个有误？`,
        en: `Which of the two is wrong, waybill ${waybill.number} or the manifest?`,
      },
    };
    return { finding };
  },
};

type Compared = Pick<RuleFacts, 'waybill' | 'waybillManifests'>;
interface Difference {
  readonly observed: Readonly<Record<string, number | string>>;
  readonly expected: Readonly<Record<string, number | string>>;
  readonly tolerance: Omit<Finding['tolerance'], 'source'>;
  readonly zh: string;
  readonly en: string;
}

const differences = (facts: Compared, terms: Parameters): Difference[] => [
  ...facts.waybillManifests.flatMap((manifest) => [...byPlate(facts, manifest), ...byTime(facts, manifest, terms)]),
  ...byUnNumber(facts),
  ...byMass(facts, terms),
];

function byPlate({ waybill }: Compared, { plate }: WaybillManifest): Difference[] {
  if (plate === null || plate === waybill.plate) return [];
  return [
    {
      observed: { waybillPlate: waybill.plate },
      expected: { manifestPlate: plate },
      tolerance: { name: 'plate', value: 0, unit: 'count' },
      zh: `运单号牌 ${waybill.plate}，联单号牌 ${plate}`,
      en: `the waybill says ${waybill.plate}, the manifest ${plate}`,
    },
  ];
}

function byTime({ waybill }: Compared, { startedAt }: WaybillManifest, { minutesMax }: Parameters): Difference[] {
  const apart = startedAt === null ? 0 : Math.abs(waybill.departsAt.getTime() - startedAt.getTime());
  if (startedAt === null || apart <= minutesMax * 60_000) return [];
  return [
    {
      observed: { waybillDepartsAt: waybill.departsAt.toISOString() },
      expected: { pickedUpAt: startedAt.toISOString() },
      tolerance: { name: 'minutesMax', value: minutesMax, unit: 'minutes' },
      zh: `运单起运 ${minuteInShanghai(waybill.departsAt)}，联单起运 ${minuteInShanghai(startedAt)}`,
      en: `the waybill departs at ${minuteInShanghai(waybill.departsAt)}, the load was picked up at ${minuteInShanghai(startedAt)}`,
    },
  ];
}

/** A manifest need not say one; what it says is on the waybill. */
function byUnNumber({ waybill, waybillManifests }: Compared): Difference[] {
  const carried = new Set(waybill.goods.map(({ unNumber }) => unNumber));
  const missing = [...new Set(waybillManifests.flatMap(({ unNumbers }) => unNumbers))].filter(
    (one) => !carried.has(one),
  );
  if (missing.length === 0) return [];
  return [
    {
      observed: { waybillUnNumbers: [...carried].join(' ') },
      expected: { manifestUnNumbers: missing.join(' ') },
      tolerance: { name: 'unNumber', value: 0, unit: 'count' },
      zh: `运单没有联单所列 UN ${missing.join('、')}`,
      en: `UN ${missing.join(', ')} of the manifest is not on the waybill`,
    },
  ];
}

/** Once every load it names is aboard. */
function byMass({ waybill, waybillManifests }: Compared, { massPermilleMax }: Parameters): Difference[] {
  if (waybillManifests.length < waybill.manifestNumbers.length) return [];
  if (waybillManifests.some(({ startedAt }) => startedAt === null)) return [];
  const written = waybill.goods.reduce((sum, { massGrams }) => sum + massGrams, 0);
  const loaded = waybillManifests.reduce((sum, { grams }) => sum + grams, 0);
  if (Math.abs(written - loaded) * 1_000 <= massPermilleMax * loaded) return [];
  return [
    {
      observed: { waybillGrams: written },
      expected: { loadedGrams: loaded },
      tolerance: { name: 'massPermilleMax', value: massPermilleMax, unit: 'permille' },
      zh: `运单 ${massText(written)}，联单装运 ${massText(loaded)}`,
      en: `${massText(written)} on the waybill, ${massText(loaded)} loaded`,
    },
  ];
}
