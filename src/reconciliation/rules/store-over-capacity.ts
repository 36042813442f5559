/**
 * A store that holds more than it may: a storage point 3 t at any time, GB 18597-2023 8.3.5; any store what its capacity is
 * on file (HJ 1259-2022 5.5.2.2), with a remark from a share of it on. Both are policies of the site. Whoever owns the waste,
 * the party of the site answers for the store. Pure.
 */
import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { POLICIES, streamOfPolicy } from '../../catalogue/policy-definitions.ts';
import type { StoreFilled } from './facts.ts';
import { type Finding, massText, type Rule, type RuleBook, type Scene, type Severity, stepOver } from './rule.ts';

export const STORE_OVER_CAPACITY_RULE: Rule<'store', never, object> = {
  id: 'store_over_capacity',
  codes: ['HW-17', 'HW-18'],
  kind: 'condition',
  title: { zh: '贮存超量', en: 'A store holds more than it may' },
  streams: POLICIES['storage-point-limit-grams'].streams,
  subject: 'store',
  parameters: z.strictObject({}),
  unit: 'permille',
  policies: ['storage-point-limit-grams', 'store-capacity-warning-permille'],
  facts: [],
  wokenBy: { stock_moved: 'stores_of_batches', storage_move_recorded: 'stores_named', store_amended: 'itself' },
  /** What lies there now, by the law of today. */
  sceneOf: ({ store }, { now }) => ({
    region: store.region,
    stream: streamOfPolicy('storage-point-limit-grams'),
    day: dayInShanghai(now),
    partyIds: [store.partyId],
    regions: [store.region],
  }),
  judge({ store }, { steps, basis, book, scene }) {
    const limits = limitsOf(store, basis, scene, book);
    if (limits.length === 0) return { notJudged: 'capacityGrams' };
    const crossed = limits.flatMap((limit) => {
      const permille = (store.grams * 1_000) / limit.grams;
      const step = stepOver(steps, permille);
      if (step) return [{ limit, permille, severity: step.severity, tolerance: toleranceOf(limit, step.over) }];
      const { nearly } = limit;
      return nearly && permille >= nearly.value
        ? [{ limit, permille, severity: 'info' as const, tolerance: nearly }]
        : [];
    });
    const worst = crossed.sort((a, b) => b.permille - a.permille)[0];
    return worst ? { finding: findingOf(store, worst) } : { clear: true };
  },
};

interface Limit {
  readonly name: 'storage-point-limit-grams' | 'capacityGrams';
  readonly grams: number;
  readonly basis: string;
  readonly source: string;
  /** From which share on it is worth a remark. */
  readonly nearly: Finding['tolerance'] | null;
}

/** None for a store whose capacity nobody entered: taking it off the record does not settle what was found. */
function limitsOf(store: StoreFilled, basis: string, scene: Scene, book: Pick<RuleBook, 'policy'>): readonly Limit[] {
  const limits: Limit[] = [];
  if (store.type === 'point') {
    const { policy: name, value: grams, basis: of } = book.policy('storage-point-limit-grams', scene);
    limits.push({
      name,
      grams,
      basis: `${of.instrument} ${of.article}`,
      source: `${of.instrument}: ${of.article}`,
      nearly: null,
    });
  }
  if (store.capacityGrams !== null) {
    const { policy: name, value, basis: of } = book.policy('store-capacity-warning-permille', scene);
    const nearly = { name, value, unit: 'permille', source: `${of.instrument}: ${of.article}` } as const;
    limits.push({ name: 'capacityGrams', grams: store.capacityGrams, basis, source: basis, nearly });
  }
  return limits;
}

/** The line that was crossed: the limit itself, or as many thousandths of it as the step says. */
const toleranceOf = ({ name, grams, source }: Limit, over: number): Finding['tolerance'] =>
  over === 1_000
    ? { name, value: grams, unit: 'grams', source }
    : { name: 'store_over_capacity', value: over, unit: 'permille', source };

interface Crossed {
  readonly limit: Limit;
  readonly permille: number;
  readonly severity: Severity;
  readonly tolerance: Finding['tolerance'];
}

function findingOf(store: StoreFilled, { limit, permille, severity, tolerance }: Crossed): Finding {
  const percent = (permille / 10).toFixed(1);
  const [zh, en] =
    limit.name === 'capacityGrams' ? ['贮存能力', 'its capacity'] : ['贮存点限量', 'what a storage point may hold'];
  return {
    severity,
    observed: { stockGrams: store.grams },
    expected: { stockGramsMax: limit.grams },
    tolerance,
    basis: limit.basis,
    evidence: [store.id],
    summary: {
      zh: `贮存设施 ${store.code} 现存 ${massText(store.grams)}，为${zh} ${massText(limit.grams)}的 ${percent} %。`,
      en: `Store ${store.code} holds ${massText(store.grams)}: ${percent} % of ${en}, ${massText(limit.grams)}.`,
    },
    question: {
      partyId: store.partyId,
      zh: '何时转移或处置，使贮存量回到限量以内？',
      en: 'When will what lies there be moved on or treated, so that the store holds no more than it may?',
    },
  };
}
