/**
 * A stock from which more was taken than was ever entered. The ledger lets it go below zero, because refusing would
 * push people off the record; that it did is what the truth of registers is about: TM 10(3), 法典 532. Pure.
 */

import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS, streamOfCode } from '../../catalogue/streams.ts';
import type { StockAccount } from './facts.ts';
import { massText, type Rule, type Scene, stepOver } from './rule.ts';

export const NEGATIVE_STOCK_RULE: Rule<'account', never, object> = {
  id: 'negative_stock',
  codes: ['HW-25'],
  kind: 'condition',
  title: { zh: '台账库存为负', en: 'The register shows less than nothing in stock' },
  streams: STREAMS,
  subject: 'account',
  parameters: z.strictObject({}),
  unit: 'grams',
  facts: [],
  wokenBy: { stock_moved: 'stock_accounts' },
  sceneOf: ({ account }, { now }) => sceneOfAccount(account, dayInShanghai(now)),
  judge({ account }, { steps, basis }) {
    const missingGrams = -account.grams;
    const step = stepOver(steps, missingGrams);
    if (!step) return { clear: true };
    return {
      finding: {
        severity: step.severity,
        observed: { stockGrams: account.grams },
        expected: { stockGramsMin: 0 },
        tolerance: { name: 'negative_stock', value: step.over, unit: 'grams', source: basis },
        basis,
        evidence: [account.id],
        summary: {
          zh: `${account.wasteCode} 的台账库存为 -${massText(missingGrams)}：运出多于入库。`,
          en: `The stock of ${account.wasteCode} stands at -${massText(missingGrams)}: more left than was entered.`,
        },
        question: {
          partyId: account.partyId,
          zh: `多运出的 ${massText(missingGrams)} ${account.wasteCode} 何时产生或接受，为何未入账？`,
          en: `When did the ${massText(missingGrams)} of ${account.wasteCode} come into being, and why were they not entered?`,
        },
      },
    };
  },
};

/** What lies there now, by the law of today. */
const sceneOfAccount = ({ partyId, ownerId, region, wasteCode }: StockAccount, day: string): Scene => ({
  region,
  stream: streamOfCode(wasteCode),
  day,
  partyIds: [...new Set([partyId, ownerId])],
  regions: [region],
});
