/** What is checked when a manifest is drafted and issued. TM 10, 14–16; licences: 法典 534. Pure. */

import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks } from '../catalogue/code-remarks.ts';
import { exemptionsFor } from '../catalogue/exemptions.ts';
import type { Facts } from '../catalogue/reference.ts';
import { ancestorsOn } from '../catalogue/regions.ts';
import { findTreatmentMethod } from '../catalogue/treatment-methods.ts';
import { findWasteCode, hazardsFit } from '../catalogue/waste-codes.ts';
import type { StockedBatch } from '../custody/ledger.ts';
import type { Party, Site } from '../parties/registers.ts';
import type { Permit } from '../permits/registers.ts';
import { permitCovers } from '../permits/rules.ts';
import type { Warning } from '../platform/acts.ts';
import { notFound } from '../platform/register.ts';
import type { Bilingual, Refusal } from '../problems.ts';
import type { DraftInput } from './inputs.ts';
import type { DraftFields, Manifest } from './manifest.ts';
import type { Line } from './tables.ts';

interface Places {
  readonly origin: Site;
  readonly destination: Site;
  readonly carrier: Party;
}

type Checked = Places & { readonly warnings: Warning[] };

/** Structure and names of a draft. Another's sites may be named; only one's own may be the origin. */
export function checkDraft(
  input: DraftInput,
  places: { [Key in keyof Places]: Places[Key] | undefined },
  facts: Facts,
): Checked | { refusal: Refusal } {
  const { origin, destination, carrier } = places;
  if (!origin || origin.partyId !== facts.caller.actor.party)
    return { refusal: notFound('site', input.consignorSiteId) };
  if (!destination)
    return { refusal: missing('/consigneeSiteId', '接受人场所未登记', 'the consignee site is not registered') };
  if (!carrier) return { refusal: missing('/carrierId', '承运人未登记', 'the carrier is not registered') };
  if (origin.id === destination.id)
    return {
      refusal: missing(
        '/consigneeSiteId',
        '移出与接受不能为同一场所（TM 31(1)）',
        'origin and destination are one site, which is no transfer (TM 31(1))',
      ),
    };
  if (!carrier.capacities.includes('carrier'))
    return {
      refusal: missing(
        '/carrierId',
        `${carrier.name} 未登记为承运人`,
        `${carrier.name} is not registered as a carrier`,
      ),
    };
  const day = dayInShanghai(facts.now);
  const warnings: Warning[] = [];
  for (const [index, line] of input.lines.entries()) {
    const refusal = checkMethod(line.plannedMethod, `/lines/${index}/plannedMethod`);
    if (refusal) return { refusal };
    const remarks = codeRemarks(line.wasteCode, day, `/lines/${index}/wasteCode`);
    if ('refusal' in remarks) return remarks;
    warnings.push(...remarks.warnings, ...hazardWarnings(line, index, day));
  }
  return { origin, destination, carrier, warnings };
}

export function draftFields(input: DraftInput, { origin, destination, carrier }: Places, day: string): DraftFields {
  const provinceOf = (region: string) => ancestorsOn(region, day).at(-2);
  return {
    stream: input.stream,
    consignorId: origin.partyId,
    consignorSiteId: origin.id,
    carrierId: carrier.id,
    consigneeId: destination.partyId,
    consigneeSiteId: destination.id,
    shipperRole: input.shipperRole,
    originRegion: origin.region,
    destinationRegion: destination.region,
    crossProvince: provinceOf(origin.region) !== provinceOf(destination.region),
    lines: input.lines.map(toLine),
  };
}

function toLine({ massGrams, pieces, batchIds, ...given }: DraftInput['lines'][number], index: number): Line {
  return {
    ...given,
    line: index + 1,
    declaredGrams: massGrams,
    declaredPieces: pieces,
    namedBatches: batchIds,
    pickedUpGrams: null,
    pickedUpPieces: null,
    loaded: [],
    acceptedGrams: null,
    refusedGrams: null,
    receivedPieces: null,
    method: null,
    receivedBatchId: null,
  };
}

export interface IssueContext {
  readonly day: string;
  readonly facts: Facts;
  readonly parties: readonly Party[];
  readonly licences: readonly Permit[];
  readonly stockOf: (wasteCode: string) => readonly StockedBatch[];
}

/** The consignor's duties at filing, by the law of the day. */
export function checkIssue(manifest: Manifest, context: IssueContext): { refusal: Refusal } | { warnings: Warning[] } {
  const closed = context.parties.find((party) => !party.active);
  if (closed) return { refusal: missing('/', `${closed.name} 已停用`, `${closed.name} is no longer active`) };
  const warnings: Warning[] = [];
  for (const line of manifest.lines) {
    const licence = checkLicence(manifest, line, context);
    if (licence && 'refusal' in licence) return licence;
    if (licence) warnings.push(licence.warning);
    const held = context.stockOf(line.wasteCode).reduce((sum, batch) => sum + batch.grams, 0);
    if (held < line.declaredGrams) warnings.push(stockShort(line, held));
  }
  return { warnings };
}

/** No waste goes to a consignee whose licence does not cover it on that day, unless its use or disposal is exempt. */
function checkLicence(
  manifest: Manifest,
  line: Line,
  { day, facts, licences }: IssueContext,
): { refusal: Refusal } | { warning: Warning } | undefined {
  if (licences.some((licence) => permitCovers(licence, { wasteCode: line.wasteCode, method: line.plannedMethod, day })))
    return undefined;
  const stage = findTreatmentMethod(line.plannedMethod)?.kind === 'use' ? 'utilise' : 'dispose';
  const exempt = exemptionsFor(line.wasteCode, stage, day).length > 0;
  const { value, basis } = facts.reference.policy('unlicensed-consignee', {
    region: manifest.destinationRegion,
    stream: manifest.stream,
    day,
  });
  const detail: Bilingual = {
    zh: `接受人没有在 ${day} 有效且涵盖 ${line.wasteCode}（${line.plannedMethod}）的危险废物经营许可证。`,
    en: `The consignee holds no licence that covers ${line.wasteCode} (${line.plannedMethod}) on ${day}.`,
  };
  const article = `${basis.instrument} ${basis.article}`;
  const pointer = `/lines/${line.line - 1}/wasteCode`;
  if (value === 'refuse' && !exempt)
    return { refusal: { problem: 'against-rule', detail, basis: article, errors: [{ pointer, detail: detail.en }] } };
  return {
    warning: { code: exempt ? 'licence-exemption-claimed' : 'licence-missing', detail, basis: article, pointer },
  };
}

export function checkMethod(method: string, pointer: string): Refusal | undefined {
  if (findTreatmentMethod(method)) return undefined;
  return missing(
    pointer,
    `利用处置方式代码 ${method} 不存在，例如 D10 焚烧`,
    `there is no treatment method ${method}; D10 is incineration, for example`,
  );
}

function hazardWarnings(line: DraftInput['lines'][number], index: number, day: string): Warning[] {
  const found = findWasteCode(line.wasteCode, day);
  if (found.kind !== 'listed' || hazardsFit(found.entry, line.hazards)) return [];
  const listed = found.entry.hazards.join(', ');
  return [
    {
      code: 'hazards-differ',
      pointer: `/lines/${index}/hazards`,
      detail: { zh: `名录所列危险特性为 ${listed}。`, en: `The list gives ${listed}.` },
      basis: '《国家危险废物名录》',
    },
  ];
}

const stockShort = (line: Line, held: number): Warning => ({
  code: 'stock-short',
  pointer: `/lines/${line.line - 1}/massGrams`,
  basis: 'TM 10(3)',
  detail: {
    zh: `台账库存 ${held} 克，少于申报的 ${line.declaredGrams} 克。`,
    en: `The register holds ${held} g, less than the ${line.declaredGrams} g declared.`,
  },
});

const missing = (pointer: string, zh: string, en: string): Refusal => ({
  problem: 'against-rule',
  detail: { zh: `${zh}。`, en: `${en.charAt(0).toUpperCase()}${en.slice(1)}.` },
  errors: [{ pointer, detail: en }],
});
