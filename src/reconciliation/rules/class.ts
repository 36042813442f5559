/**
 * What arrived is not what the manifest says: name, property, form or packing, as the consignee recorded it. TM 18 ¶2
 * names them without a tolerance; the fifth, quantity, is for the rules of mass and pieces. Pure.
 */

import { z } from 'zod';
import { STREAMS } from '../../catalogue/streams.ts';
import type { Bilingual } from '../../problems.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Rule, stepOver } from './rule.ts';

export const CLASS_RULE: Rule<'manifest', never, object> = {
  id: 'class',
  codes: ['HW-06'],
  kind: 'condition',
  title: { zh: '接受的废物与联单所载种类不符', en: 'What was received is not what the manifest names' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'count',
  facts: [],
  wokenBy: { receipt_recorded: 'itself' },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'destinationRegion', manifest.acceptedAt, 'acceptedAt'),
  judge({ manifest }, { steps, basis }) {
    const found = manifest.discrepancies.filter(({ type }) => type !== 'quantity');
    const step = stepOver(steps, found.length);
    if (!step) return { clear: true };
    const types = [...new Set(found.map(({ type }) => type))].sort();
    const lines = [...new Set(found.map(({ line }) => line))].sort((a, b) => a - b);
    const names = (language: keyof Bilingual) =>
      types.map((type) => NAMES[type]![language]).join(language === 'zh' ? '、' : ', ');
    const declared = manifest.lines.filter(({ line }) => lines.includes(line));
    return {
      finding: {
        severity: step.severity,
        observed: Object.fromEntries(
          lines.map((line) => [
            `line${line}`,
            found
              .filter((one) => one.line === line)
              .map(({ type }) => type)
              .sort()
              .join(', '),
          ]),
        ),
        expected: Object.fromEntries(
          declared.map(({ line, wasteCode, name }) => [`line${line}`, `${wasteCode} ${name}`]),
        ),
        tolerance: { name: 'class', value: step.over, unit: 'count', source: basis },
        basis,
        evidence: eventsOf(manifest),
        summary: {
          zh: `接受时记录第 ${lines.join('、')} 行${names('zh')}与联单不符。`,
          en: `At receipt, ${names('en')} of line ${lines.join(', ')} differed from the manifest.`,
        },
        question: {
          partyId: manifest.consignorId,
          zh: `第 ${lines.join('、')} 行实际装运的是什么废物？`,
          en: `What waste was in fact loaded as line ${lines.join(', ')}?`,
        },
      },
    };
  },
};

const NAMES: Readonly<Record<string, Bilingual>> = {
  name: { zh: '名称', en: 'name' },
  property: { zh: '特性', en: 'property' },
  form: { zh: '形态', en: 'form' },
  packing: { zh: '包装', en: 'packing' },
};
