/**
 * Dry mass that was to arrive against dry mass received: water may be lost or added on the way, what is dry may not. Both ends measure
 * moisture; what an incident took is told there. 城镇排水与污水处理条例 30. Pure.
 */

import { z } from 'zod';
import { MOIST_STREAMS } from '../../catalogue/streams.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { dryGramsOf, without } from '../../manifests/parts.ts';
import type { Line } from '../../manifests/tables.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { massText, type Rule, stepOver } from './rule.ts';

export const DRY_MASS_RULE: Rule<'manifest', never, object> = {
  id: 'dry_mass',
  codes: ['GS-02'],
  kind: 'condition',
  title: { zh: '装运与接受干物质量不符', en: 'Dry mass loaded and received differ' },
  streams: MOIST_STREAMS,
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'permille',
  facts: [],
  wokenBy: { receipt_recorded: 'itself', manifest_corrected: 'itself', incident_resolved: 'itself' },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'destinationRegion', manifest.acceptedAt, 'acceptedAt'),
  judge({ manifest }, { steps, basis }) {
    const lines = manifest.lines.filter(({ moisturePermille }) => moisturePermille !== undefined);
    const measured = lines.filter(({ receivedMoisturePermille }) => receivedMoisturePermille !== undefined);
    if (measured.length === 0) return { notJudged: 'receivedMoisturePermille' };
    const [sent, received] = [sumOf(measured, sentDryGrams), sumOf(measured, receivedDryGrams)];
    const apart = Math.abs(received - sent);
    const permille = Math.ceil((apart * 1_000) / Math.max(sent, 1));
    const step = stepOver(steps, permille);
    if (!step) return { clear: true };
    const percent = ((apart * 100) / Math.max(sent, 1)).toFixed(1);
    return {
      finding: {
        severity: step.severity,
        observed: { receivedDryGrams: received, ...moisturesOf(measured, 'receivedMoisturePermille') },
        expected: { loadedDryGrams: sent, ...moisturesOf(measured, 'pickedUpMoisturePermille') },
        tolerance: { name: 'dry_mass', value: step.over, unit: 'permille', source: basis },
        basis,
        evidence: eventsOf(manifest),
        summary: {
          zh: `装运干物质 ${massText(sent)}，接受 ${massText(received)}，相差 ${massText(apart)}（${percent} %）。`,
          en: `${massText(sent)} of dry mass were loaded and ${massText(received)} received: ${massText(apart)} (${percent} %) apart.`,
        },
        question: questionOf(manifest, received > sent),
      },
    };
  },
};

const sentDryGrams = ({ loaded, frozen, lost, recovered }: Line): number =>
  dryGramsOf(without(loaded, frozen, lost, recovered));

const receivedDryGrams = ({ acceptedGrams, refusedGrams, receivedMoisturePermille }: Line): number =>
  ((acceptedGrams! + refusedGrams!) * (1_000 - receivedMoisturePermille!)) / 1_000;

const sumOf = (lines: readonly Line[], of: (line: Line) => number): number =>
  Math.round(lines.reduce((sum, line) => sum + of(line), 0));

/** By line; what was not measured anew at loading is as declared. */
const moisturesOf = (lines: readonly Line[], of: 'pickedUpMoisturePermille' | 'receivedMoisturePermille') =>
  Object.fromEntries(lines.map((line) => [`line${line.line}MoisturePermille`, line[of] ?? line.moisturePermille!]));

/** Whoever declared it drier or wetter than it came: less than was sent is the carrier's to explain, more the consignor's. */
const questionOf = ({ consignorId, carrierId }: Manifest, isMore: boolean) => ({
  partyId: isMore ? consignorId : carrierId,
  zh: isMore ? '请说明装运含水率是如何测得的。' : '请说明途中干物质减少的原因。',
  en: isMore ? 'How was the moisture measured at loading?' : 'What became of the dry mass on the way?',
});
