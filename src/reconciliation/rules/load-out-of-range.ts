/**
 * A load that its vehicle cannot have carried, or that has a density no such waste has: more m³ than the box holds, more tonnes than it is
 * rated for, tonnes and m³ told or weighed of one load that do not fit each other. One of the figures is wrong; which, is asked. Pure.
 */
import { z } from 'zod';
import { OF_PROJECTS } from '../../catalogue/streams.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Line } from '../../manifests/tables.ts';
import type { Bilingual } from '../../problems.ts';
import type { RuleFacts } from './facts.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Finding, massText, type Rule, type Severity, stepOver } from './rule.ts';

const Parameters = z.strictObject({
  /** Outside of these nothing that is dug or broken lies, loose or wet. */
  gramsPerLitreMin: z.number().int().positive(),
  gramsPerLitreMax: z.number().int().positive(),
});
type Parameters = z.infer<typeof Parameters>;
type Known = Pick<RuleFacts, 'manifest' | 'vehicle' | 'weighings'>;

export const LOAD_OUT_OF_RANGE_RULE: Rule<'manifest', 'vehicle' | 'weighings', Parameters> = {
  id: 'load_out_of_range',
  codes: ['CW-05', 'CW-13'],
  kind: 'condition',
  title: { zh: '装载量超出车辆或密度的合理范围', en: 'A load beyond its vehicle, or of an impossible density' },
  streams: OF_PROJECTS,
  subject: 'manifest',
  parameters: Parameters,
  unit: 'permille',
  facts: ['vehicle', 'weighings'],
  wokenBy: {
    picked_up: 'itself',
    receipt_recorded: 'itself',
    weigh_ticket_recorded: 'itself',
    manifest_corrected: 'itself',
  },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'originRegion', manifest.pickedUpAt, 'pickedUpAt'),
  judge(facts, { parameters, steps, basis }) {
    const measures = [...ofVehicle(facts), ...ofDensity(facts, parameters)];
    const beyond = measures.flatMap((measure) => {
      const step = stepOver(steps, measure.permille);
      return step ? [{ ...measure, severity: step.severity, over: step.over }] : [];
    });
    const worst = beyond.sort((a, b) => b.permille - a.permille)[0];
    return worst ? { finding: findingOf(facts, worst, basis) } : { clear: true };
  },
};

/** A figure beside its limit, as a share of it. */
interface Measure {
  readonly name: string;
  readonly observed: number;
  readonly limit: number;
  readonly permille: number;
  readonly text: Bilingual;
}

const share = (observed: number, limit: number): number => (observed * 1_000) / limit;
const cubicMetres = (litres: number): string => `${litres / 1_000} m³`;
const sum = (lines: readonly Line[], pick: (line: Line) => number): number =>
  lines.reduce((total, line) => total + pick(line), 0);

function ofVehicle({ manifest: { lines, legs }, vehicle }: Known): Measure[] {
  const litres = sum(lines, (line) => line.pickedUpVolume?.litres ?? 0);
  const grams = sum(lines, (line) => line.pickedUpGrams ?? 0);
  const plate = legs[0]!.plate ?? '';
  const { boxLitres = null, payloadGrams = null } = vehicle ?? {};
  const isConverted = lines.some((line) => line.pickedUpVolume && 'gramsPerLitre' in line.pickedUpVolume);
  return [
    ...(boxLitres === null
      ? []
      : [
          {
            name: 'boxLitres',
            observed: litres,
            limit: boxLitres,
            permille: share(litres, boxLitres),
            text: {
              zh: `所报装载 ${cubicMetres(litres)}，车辆 ${plate} 的车厢容积为 ${cubicMetres(boxLitres)}。`,
              en: `${cubicMetres(litres)} are said to be loaded; the box of ${plate} holds ${cubicMetres(boxLitres)}.`,
            },
          },
        ]),
    ...(payloadGrams === null || isConverted
      ? []
      : [
          {
            name: 'payloadGrams',
            observed: grams,
            limit: payloadGrams,
            permille: share(grams, payloadGrams),
            text: {
              zh: `装载 ${massText(grams)}，车辆 ${plate} 核定载质量为 ${massText(payloadGrams)}。`,
              en: `${massText(grams)} are loaded; ${plate} is rated for ${massText(payloadGrams)}.`,
            },
          },
        ]),
  ];
}

/** Tonnes and m³ of the same load, where both were told, or one was told and the other weighed. */
function ofDensity({ manifest, weighings }: Known, { gramsPerLitreMin, gramsPerLitreMax }: Parameters): Measure[] {
  const { lines } = manifest;
  const litres = sum(lines, (line) => line.acceptedVolume?.litres ?? line.pickedUpVolume?.litres ?? 0);
  const grams = weighedGrams(manifest, weighings);
  if (litres === 0 || grams === null) return [];
  const density = grams / litres;
  const [limit, permille] =
    density > gramsPerLitreMax
      ? [gramsPerLitreMax, share(density, gramsPerLitreMax)]
      : [gramsPerLitreMin, share(gramsPerLitreMin, Math.max(density, 1))];
  const figure = (density / 1_000).toFixed(2);
  const range = `${gramsPerLitreMin / 1_000} – ${gramsPerLitreMax / 1_000} t/m³`;
  return [
    {
      name: 'gramsPerLitre',
      observed: Math.round(density),
      limit,
      permille,
      text: {
        zh: `${massText(grams)} 与 ${cubicMetres(litres)} 折合 ${figure} t/m³，不在 ${range} 之内。`,
        en: `${massText(grams)} and ${cubicMetres(litres)} make ${figure} t/m³, which is not within ${range}.`,
      },
    },
  ];
}

/** What a scale said: a ticket, else grams that were told and follow from no volume; null where all was measured in m³. */
function weighedGrams({ lines, acceptedAt }: Manifest, weighings: Known['weighings']): number | null {
  const ticket = weighings.at(-1);
  if (ticket) return ticket.grossGrams - ticket.tareGrams;
  const isWeighed = (volume: Line['pickedUpVolume']) => !(volume && 'gramsPerLitre' in volume);
  if (acceptedAt && lines.every((line) => isWeighed(line.acceptedVolume)))
    return sum(lines, (line) => (line.acceptedGrams ?? 0) + (line.refusedGrams ?? 0));
  if (lines.every((line) => isWeighed(line.pickedUpVolume))) return sum(lines, (line) => line.pickedUpGrams ?? 0);
  return null;
}

function findingOf(
  { manifest, weighings }: Known,
  { name, observed, limit, severity, over, text }: Measure & { readonly severity: Severity; readonly over: number },
  basis: string,
): Finding {
  return {
    severity,
    observed: { [name]: observed },
    expected: { [name]: limit },
    tolerance: { name, value: over, unit: 'permille', source: basis },
    basis,
    evidence: [...eventsOf(manifest), ...weighings.map(({ id }) => id)],
    summary: text,
    question: {
      partyId: manifest.carrierId,
      zh: '方量、重量和车牌，哪一项有误？',
      en: 'Which is wrong: the volume, the mass, or the plate?',
    },
  };
}
