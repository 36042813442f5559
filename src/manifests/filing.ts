/** What is checked when a manifest is drafted and issued; what must cover its lines is in entitlement.ts. TM 10, 14–16. Pure. */

import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks, nameRemarks } from '../catalogue/code-remarks.ts';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import type { Facts } from '../catalogue/reference.ts';
import { ancestorsOn } from '../catalogue/regions.ts';
import { streamTerms } from '../catalogue/streams.ts';
import { findWasteCode, type Hazard, hazardsFit } from '../catalogue/waste-codes.ts';
import type { Batch } from '../custody/batches.ts';
import type { Place } from '../custody/ledger.ts';
import type { StockBalance } from '../custody/repository.ts';
import type { Party, Site } from '../parties/registers.ts';
import type { PermitUse } from '../permits/uses.ts';
import type { Warning } from '../platform/acts.ts';
import { against, type Refusal, sentence } from '../problems.ts';
import { claimRefusal, stageOf } from './claims.ts';
import { checkEntitlement, type EntitlementContext } from './entitlement.ts';
import type { DraftFields } from './event-data.ts';
import { draftLines, streamOf } from './fields.ts';
import type { DraftInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { projectMissing } from './project-of.ts';
import type { DraftLine, Line } from './tables.ts';
import { waitingWarnings } from './waiting.ts';

interface Places {
  readonly origin: Site;
  readonly destination: Site;
  readonly carriers: readonly Party[];
}

/** What a draft names, as far as it was found. */
export interface Named {
  readonly projectId?: string | undefined;
  readonly destination: Site | undefined;
  readonly carriers: readonly (Party | undefined)[];
  readonly batchOf: (id: string) => Batch | undefined;
}

/** Whose waste it is and where it lies: `ownerAt`. */
export interface Origin {
  readonly site: Site;
  readonly ownerId: string;
  readonly stock: Place;
}

type Checked = Places & {
  readonly stream: string;
  readonly lines: readonly DraftLine[];
  readonly projectId?: string | undefined;
  readonly warnings: Warning[];
};

/** Structure and names of a draft, once it is known whose waste it is and where that lies. */
export function checkDraft(
  input: DraftInput,
  named: Named,
  { site: origin, ownerId }: Origin,
  facts: Facts,
): Checked | { refusal: Refusal } {
  const places = checkPlaces(input, { ...named, origin });
  if ('refusal' in places) return places;
  const day = dayInShanghai(facts.now);
  // A code that is none would be judged by the fields of whatever stream its last digits resemble.
  const codes = checkCodes(input, day);
  if ('refusal' in codes) return codes;
  const lines = draftLines(input, origin.region, day, facts);
  if ('refusal' in lines) return lines;
  const stream = streamOf(input);
  const warnings = [...codes.warnings, ...(input.plate === undefined ? [] : plateRemarks(input.plate).warnings)];
  for (const [index, line] of input.lines.entries()) {
    const batch = wrongBatch(line, index, origin.id, ownerId, named.batchOf);
    if (batch) return { refusal: batch };
    const place = { region: places.destination.region, stream, day };
    const claim = claimRefusal({ ...line, line: index + 1 }, stageOf(line.plannedMethod, facts.reference, place), day);
    if (claim) return { refusal: claim };
    warnings.push(...hazardWarnings(lines[index]!, index, day));
  }
  return { ...places, stream, lines, projectId: named.projectId, warnings };
}

/** Codes by the list of the day, and names by their codes. */
function checkCodes({ lines }: DraftInput, day: string): { refusal: Refusal } | { warnings: Warning[] } {
  const warnings: Warning[] = [];
  for (const [index, { wasteCode, name }] of lines.entries()) {
    const remarks = codeRemarks(wasteCode, day, `/lines/${index}/wasteCode`);
    if ('refusal' in remarks) return remarks;
    warnings.push(...remarks.warnings, ...nameRemarks(name, wasteCode, `/lines/${index}/name`));
  }
  return { warnings };
}

/** Two open sites that differ, and registered carriers between them. */
export function checkPlaces(
  input: Pick<DraftInput, 'onwardCarrierIds'>,
  { origin, destination, carriers }: { origin: Site } & Pick<Named, 'destination' | 'carriers'>,
): Places | { refusal: Refusal } {
  const closed = [origin, destination].find((site) => site && !site.active);
  if (closed)
    return {
      refusal: missing(
        closed === origin ? '/consignorSiteId' : '/consigneeSiteId',
        `${closed.name} 已停用`,
        `${closed.name} is closed`,
      ),
    };
  if (!destination)
    return { refusal: missing('/consigneeSiteId', '接受人场所未登记', 'the consignee site is not registered') };
  if (origin.id === destination.id)
    return {
      refusal: missing(
        '/consigneeSiteId',
        '移出与接受不能为同一场所（TM 31(1)）',
        'origin and destination are one site, which is no transfer (TM 31(1))',
      ),
    };
  for (const [index, carrier] of carriers.entries()) {
    const pointer = index === 0 ? '/carrierId' : `/onwardCarrierIds/${index - 1}`;
    if (!carrier) return { refusal: missing(pointer, '承运人未登记', 'the carrier is not registered') };
    if (!carrier.capacities.includes('carrier'))
      return {
        refusal: missing(pointer, `${carrier.name} 未登记为承运人`, `${carrier.name} is not registered as a carrier`),
      };
  }
  const twice = input.onwardCarrierIds.findIndex((id, index) => carriers[index]!.id === id);
  if (twice >= 0)
    return {
      refusal: missing(
        `/onwardCarrierIds/${twice}`,
        '相邻两段不能为同一承运人',
        'a carrier does not hand over to itself',
      ),
    };
  return { origin, destination, carriers: carriers as readonly Party[] };
}

/** Only what lies in this site's stock under this code can be loaded from it. */
function wrongBatch(
  line: DraftInput['lines'][number],
  index: number,
  siteId: string,
  ownerId: string,
  batchOf: Named['batchOf'],
): Refusal | undefined {
  for (const [nth, id] of line.batchIds.entries()) {
    const batch = batchOf(id);
    if (batch?.siteId === siteId && batch.wasteCode === line.wasteCode && batch.ownerId === ownerId) continue;
    return missing(
      `/lines/${index}/batchIds/${nth}`,
      `批次 ${id} 不在该场所 ${line.wasteCode} 的库存中`,
      `batch ${id} is not in this site's stock of ${line.wasteCode}`,
    );
  }
  return undefined;
}

export function draftFields(
  input: DraftInput,
  { origin, destination, stream, lines, projectId }: Omit<Checked, 'warnings'>,
  { ownerId, stock }: Origin,
  { now, caller }: Facts,
): DraftFields {
  return {
    stream,
    consignorId: ownerId,
    ...(ownerId === origin.partyId ? {} : { source: stock }),
    ...(ownerId === caller.actor.party ? {} : { filledById: caller.actor.party }),
    consignorSiteId: origin.id,
    carrierId: input.carrierId,
    ...(input.onwardCarrierIds.length > 0 ? { onwardCarrierIds: input.onwardCarrierIds } : {}),
    consigneeId: destination.partyId,
    consigneeSiteId: destination.id,
    shipperRole: input.shipperRole,
    originRegion: origin.region,
    destinationRegion: destination.region,
    crossProvince: crossesProvince(origin.region, destination.region, dayInShanghai(now)),
    ...(projectId === undefined ? {} : { projectId }),
    ...(input.plate === undefined ? {} : { plate: plateRemarks(input.plate).plate }),
    lines,
  };
}

export function crossesProvince(from: string, to: string, day: string): boolean {
  const provinceOf = (region: string) => ancestorsOn(region, day).at(-2);
  return provinceOf(from) !== provinceOf(to);
}

export interface IssueContext {
  readonly parties: readonly Party[];
  readonly sites: readonly Site[];
  readonly entitlement: EntitlementContext;
  /** Grams of each waste issued from this site and not yet loaded. */
  readonly reserved: ReadonlyMap<string, number>;
  readonly stockOf: (wasteCode: string) => readonly StockBalance[];
  /** When it is, or on paper was, issued. */
  readonly issuedAt: Date;
}

/** The consignor's duties at filing, by the law of the day; with what the manifest reserves of its permits. */
export function checkIssue(
  manifest: Manifest,
  context: IssueContext,
): { refusal: Refusal } | { warnings: Warning[]; uses: PermitUse[] } {
  const closed = [...context.parties, ...context.sites].find((one) => !one.active);
  if (closed) return { refusal: missing('/', `${closed.name} 已停用`, `${closed.name} is no longer active`) };
  const { day, reference } = context.entitlement;
  const project = projectMissing(manifest, day, reference);
  if ('refusal' in project) return project;
  const entitled = checkEntitlement(manifest, context.entitlement);
  if ('refusal' in entitled) return entitled;
  const warnings = [
    ...project.warnings,
    ...entitled.warnings,
    ...stockWarnings(manifest, context),
    ...waitingWarnings(manifest, context.stockOf, context.issuedAt, reference),
  ];
  return { warnings, uses: entitled.uses };
}

/** Available = in stock − issued and not yet loaded. A shortage is said, not refused. A remainder lies in no stock. */
function stockWarnings(manifest: Manifest, { stockOf, reserved }: IssueContext): Warning[] {
  if (manifest.followsId || streamTerms(manifest.stream).stock === 'as_loaded') return [];
  const wanted = new Map<string, { line: Line; grams: number }>();
  for (const line of manifest.lines) {
    const known = wanted.get(line.wasteCode);
    wanted.set(line.wasteCode, { line: known?.line ?? line, grams: line.declaredGrams + (known?.grams ?? 0) });
  }
  return [...wanted].flatMap(([wasteCode, { line, grams }]) => {
    const held = stockOf(wasteCode).reduce((sum, batch) => sum + batch.grams, 0) - (reserved.get(wasteCode) ?? 0);
    return held < grams ? [stockShort(line, grams, held)] : [];
  });
}

function hazardWarnings(line: DraftLine, index: number, day: string): Warning[] {
  const found = findWasteCode(line.wasteCode, day);
  if (found.kind !== 'listed' || hazardsFit(found.entry, line.hazards as readonly Hazard[])) return [];
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

const stockShort = (line: Line, grams: number, held: number): Warning => ({
  code: 'stock-short',
  pointer: `/lines/${line.line - 1}/massGrams`,
  basis: 'TM 10(3)',
  detail: {
    zh: `台账可用库存 ${held} 克，少于申报的 ${grams} 克。`,
    en: `The register has ${held} g available, less than the ${grams} g declared.`,
  },
});

const missing = (pointer: string, zh: string, en: string): Refusal => {
  const said = sentence({ zh, en });
  return against(pointer, said.zh, said.en);
};
