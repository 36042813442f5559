/**
 * Waste goes only to who is licensed for it: its code and its method, on the day it was handed over and on the day it
 * was accepted. 固废法 80, from 2026-08-15 法典 534. Waste that the exemption list frees at that stage needs no licence
 * (LIST annex); items for any waste need a scheme of their own and free nobody by themselves. Pure.
 */

import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { exemptionsFor } from '../../catalogue/exemptions.ts';
import { HAZARDOUS_STREAMS } from '../../catalogue/streams.ts';
import { findTreatmentMethod } from '../../catalogue/treatment-methods.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Permit } from '../../permits/registers.ts';
import { type NotCovered, whyNotCovered } from '../../permits/rules.ts';
import type { Bilingual } from '../../problems.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Rule, stepOver } from './rule.ts';

export const LICENCE_RULE: Rule<'manifest', 'consigneeLicences', object> = {
  id: 'licence',
  codes: ['HW-10', 'HW-11'],
  kind: 'condition',
  title: { zh: '接受人许可证不涵盖所接受的废物', en: "The consignee's licence does not cover the waste" },
  streams: HAZARDOUS_STREAMS,
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'count',
  facts: ['consigneeLicences'],
  wokenBy: { picked_up: 'itself', receipt_recorded: 'itself', manifest_corrected: 'itself' },
  sceneOf: ({ manifest }) =>
    sceneOfManifest(manifest, 'destinationRegion', manifest.acceptedAt ?? manifest.pickedUpAt, 'pickedUpAt'),
  judge({ manifest, consigneeLicences }, { steps, basis }) {
    const uncovered = handovers(manifest).flatMap((handover) => {
      const why = uncoveredBecause(handover, manifest, consigneeLicences);
      return why ? [{ ...handover, why }] : [];
    });
    const step = stepOver(steps, new Set(uncovered.map(({ line }) => line)).size);
    const first = uncovered[0];
    if (!step || !first) return { clear: true };
    const { line, wasteCode, method, day, why } = first;
    return {
      finding: {
        severity: step.severity,
        observed: Object.fromEntries(uncovered.map((one) => [`line${one.line}On${one.day}`, one.why])),
        expected: Object.fromEntries(
          uncovered.map((one) => [`line${one.line}On${one.day}`, `${one.wasteCode} ${one.method}`]),
        ),
        tolerance: { name: 'licence', value: step.over, unit: 'count', source: basis },
        basis,
        evidence: [...eventsOf(manifest), ...consigneeLicences.map(({ id }) => id)],
        summary: {
          zh: `${day}，接受人没有涵盖第 ${line} 行 ${wasteCode}（${method}）的有效许可证：${REASONS[why].zh}。`,
          en: `On ${day} the consignee had no licence for line ${line}, ${wasteCode} (${method}): ${REASONS[why].en}.`,
        },
        question: {
          partyId: manifest.consigneeId,
          zh: `${day} 依据哪份许可证或豁免接受 ${wasteCode}？`,
          en: `Under which licence or exemption was ${wasteCode} taken on ${day}?`,
        },
      },
    };
  },
};

interface HandedOver {
  readonly line: number;
  readonly wasteCode: string;
  readonly method: string;
  readonly day: string;
}

/** Each line as it left and, where anything of it was accepted, as it was taken. */
function handovers({ lines, pickedUpAt, acceptedAt }: Manifest): HandedOver[] {
  return lines.flatMap(({ line, wasteCode, plannedMethod, method, acceptedGrams }) => [
    ...(pickedUpAt ? [{ line, wasteCode, method: plannedMethod, day: dayInShanghai(pickedUpAt) }] : []),
    ...(acceptedAt && acceptedGrams
      ? [{ line, wasteCode, method: method ?? plannedMethod, day: dayInShanghai(acceptedAt) }]
      : []),
  ]);
}

/** What keeps the nearest fitting licence from covering it; undefined when one does or the waste is exempt. */
function uncoveredBecause(
  { wasteCode, method, day }: HandedOver,
  { consigneeSiteId: siteId, originRegion: origin }: Manifest,
  licences: readonly Permit[],
): NotCovered | 'none' | undefined {
  const stage = findTreatmentMethod(method)?.kind === 'use' ? 'utilise' : 'dispose';
  if (exemptionsFor(wasteCode, stage, day).some(({ matchedBy }) => matchedBy !== 'any')) return undefined;
  const reasons = licences.map((licence) => whyNotCovered(licence, { wasteCode, method, day, siteId, origin }));
  if (reasons.includes(undefined)) return undefined;
  return NEAREST.find((reason) => reasons.includes(reason)) ?? 'none';
}

/** The reason of the licence that comes nearest to covering it is the one worth telling. */
const NEAREST: readonly NotCovered[] = [
  'area',
  'method',
  'excluded_code',
  'expired',
  'not_yet_valid',
  'revoked',
  'waste_code',
  'site',
  'counterpart',
];

const REASONS: Readonly<Record<NotCovered | 'none', Bilingual>> = {
  none: { zh: '未登记许可证', en: 'none is registered' },
  revoked: { zh: '许可证已吊销', en: 'it is revoked' },
  not_yet_valid: { zh: '许可证尚未生效', en: 'it is not valid yet' },
  expired: { zh: '许可证已过期', en: 'it has expired' },
  waste_code: { zh: '许可范围不含该废物', en: 'its scope does not name this waste' },
  method: { zh: '许可范围不含该利用处置方式', en: 'its scope does not name this method' },
  excluded_code: { zh: '许可范围排除该废物', en: 'its scope leaves this waste out' },
  area: { zh: '许可范围不含移出地', en: 'its area does not reach the origin' },
  site: { zh: '许可证属于另一场所', en: 'it is for another site' },
  counterpart: { zh: '许可证不属于该单位', en: 'it is for another party' },
};
