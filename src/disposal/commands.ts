import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks, unknownMethod } from '../catalogue/code-remarks.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { streamOfCode } from '../catalogue/streams.ts';
import { type Batch, batchFormed, batchKind } from '../custody/batches.ts';
import { type Container, containerKind } from '../custody/containers.ts';
import { dried } from '../custody/dry-parts.ts';
import { accountOf, batchesIn, movementsData, type Place } from '../custody/ledger.ts';
import { batchBalanceLookup, stockLookup } from '../custody/repository.ts';
import { contentGates, contentOf, NOTHING_SCANNED, type Scanning, scannedNeeds } from '../custody/scanned.ts';
import { containersTreated, contentPlace, onTheWay, type Scan } from '../custody/scanning.ts';
import { ContainerName } from '../generation/nesting.ts';
import { partyKind, type Site, siteKind } from '../parties/registers.ts';
import { permitKey, permitsOf } from '../permits/queries.ts';

import { type Accepted, type Act, type Decision, refused, type States, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type EventDraft, type Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Grams, Instant, Pieces, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { remarksOn } from './rules.ts';
import type { TreatmentOutput } from './tables.ts';
import { type Given, type TakenInputs, takeInputs } from './taking.ts';
import {
  batchCodeSeries,
  codesOf,
  kindOfMethod,
  movementsOfTreatment,
  placeOf,
  type TreatmentFields,
  totalGrams,
} from './treatment.ts';

/** One event holds every movement of a treatment: each batch gives a share to each residue. */
const BATCHES_MAX = 200;

const WasteCode = z.string().max(20);
const produced = { grams: Grams.min(1), dryGrams: Grams.default(0) };
const Input = z.union([
  z.strictObject({ batchId: Uuid, grams: Grams.min(1), pieces: Pieces.default(0) }),
  z.strictObject({ wasteCode: WasteCode, grams: Grams.min(1), pieces: Pieces.default(0) }),
]);
const Output = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('residue'), wasteCode: WasteCode, ...produced }),
    z.strictObject({ kind: z.literal('product'), name: ShortText, ...produced }),
  ])
  .refine(({ grams, dryGrams }) => dryGrams <= grams, {
    path: ['dryGrams'],
    error: inBoth('dryGrams 不得大于 grams', 'dryGrams is part of grams'),
  });

export const TreatmentBody = z
  .strictObject({
    siteId: Uuid,
    method: z.string().max(4).describe('HJ 1033 annex F: R1, D10, C1 …'),
    facilityCode: z.string().trim().min(1).max(40).nullable().default(null),
    startedAt: Instant,
    endedAt: Instant,
    /** Whose waste it is, when not the caller's own. */
    ownerId: Uuid.optional(),
    /** Named batches, or so much of a waste: the oldest are taken. */
    inputs: z.array(Input).max(100).default([]),
    /** Scanned, by id or identification code: all that is in them, and in what stands in them, goes in. */
    containers: z.array(ContainerName).max(BATCHES_MAX).default([]),
    outputs: z.array(Output).max(10).default([]),
    additives: z
      .array(z.strictObject({ name: ShortText, grams: Grams.min(1) }))
      .max(20)
      .default([]),
    lossGrams: Grams.default(0).describe('Water and gas that left, where it is known'),
    entryMode: z.enum(ENTRY_MODES).default('live'),
  })
  .refine(({ inputs, containers }) => inputs.length + containers.length > 0, {
    path: ['inputs'],
    error: inBoth('须填 inputs 或 containers', 'inputs or containers'),
  })
  .refine(({ startedAt, endedAt }) => new Date(startedAt) <= new Date(endedAt), {
    path: ['endedAt'],
    error: inBoth('endedAt 不得早于 startedAt', 'endedAt is not before startedAt'),
  });
export type TreatmentInput = z.output<typeof TreatmentBody> & Scanning;

const stockOf = (input: TreatmentInput, partyId: string): Place =>
  placeOf('stock', { partyId, siteId: input.siteId, ownerId: input.ownerId ?? partyId });

const namedBatches = (input: TreatmentInput): string[] =>
  input.inputs.flatMap((given) => ('batchId' in given ? [given.batchId] : []));

/**
 * 利用、处置: waste leaves the stock of a site and becomes products, residues, losses, or nothing (法典 468; HJ 1259
 * annex B.4). Physical: what the rules say to it stands in the warnings.
 * @refuses not-found (a site that is not the caller's), not-your-act (a key of another site), against-rule (a method,
 * code, owner or batch that is not there; more than 200 batches).
 */
export const recordTreatment: Act<TreatmentInput, PolicyBook> = {
  name: 'record_treatment',
  kind: 'physical',
  numbered: true,
  needs(input, { caller: { actor } }) {
    const stock = stockOf(input, actor.party);
    const [wanted, formed] = [codesOf(input.inputs), codesOf(input.outputs)];
    return {
      lock: scannedNeeds(input),
      read: [
        { kind: 'site', id: input.siteId },
        ...(input.ownerId ? [{ kind: 'party', id: input.ownerId }] : []),
        ...namedBatches(input).map((id) => ({ kind: 'batch', id })),
      ],
      sharedGates: formed.map((code) => accountOf(stock, code).id),
      lookups: [
        { lookup: permitsOf, key: permitKey(actor.party, 'licence') },
        { lookup: permitsOf, key: permitKey(actor.party, 'management_plan') },
        ...wanted.map((code) => ({ lookup: stockLookup, key: accountOf(stock, code).id })),
      ],
    };
  },
  alsoNeeds(input, states, { caller: { actor } }) {
    const batches = namedBatches(input).flatMap((id) => states.get(batchKind, id) ?? []);
    const own = batches.filter((batch) => isIn(batch, input, actor.party));
    const held = containersIn(input, states).flatMap(({ batchId }) => batchId ?? []);
    return {
      sharedGates: contentGates(input, states),
      lookups: [
        ...own.map(({ accountId }) => ({ lookup: stockLookup, key: accountId })),
        ...[...own.map(({ id }) => id), ...held].map((key) => ({ lookup: batchBalanceLookup, key })),
      ],
    };
  },
  decide(input, states, facts) {
    const site = states.get(siteKind, input.siteId);
    if (!site || site.partyId !== facts.caller.actor.party) return refused(notFound('site', input.siteId));
    if (facts.caller.site && facts.caller.site !== site.id) return refused(otherSite);
    const day = dayInShanghai(new Date(input.endedAt));
    const codes = checkCodes(input, day);
    const refusal =
      ('refusal' in codes ? codes.refusal : undefined) ??
      unknownMethod(input.method, streamsTreated(input, states), '/method') ??
      unknownOwner(input, states) ??
      wrongBatch(input, site, states);
    if (refusal) return refused(refusal);
    const emptied = emptiedBy(input, site, states);
    if ('refusal' in emptied) return refused(emptied.refusal);
    const unfit = onTheWay(states, input.scanned ?? NOTHING_SCANNED) ?? wrongContainers(input, site, states);
    if (unfit) return refused(unfit);
    const taken = takeInputs(givenOf(input, site, states), facts.newId);
    if (taken.inputs.length > BATCHES_MAX) return refused(tooManyBatches(taken.inputs.length));
    return decideRecord(
      { input, site, day, taken, emptied, warnings: 'warnings' in codes ? codes.warnings : [] },
      states,
      facts,
    );
  },
};

interface Report {
  readonly input: TreatmentInput;
  readonly site: Site;
  /** Civil day in Asia/Shanghai on which it ended: the law of that day judges, and its batch code says it. */
  readonly day: string;
  readonly taken: TakenInputs;
  /** What the containers say of it. */
  readonly emptied: Pick<Accepted, 'events'> & { readonly warnings: readonly Warning[] };
  readonly warnings: readonly Warning[];
}

function decideRecord({ input, site, day, taken, emptied, warnings }: Report, states: States, facts: Facts): Decision {
  const id = facts.newId();
  const treatment = fieldsOf(input, site, day, taken, facts);
  const movements = movementsOfTreatment(treatment);
  const draft = { occurredAt: new Date(input.endedAt), region: site.region, entryMode: input.entryMode };
  const event: EventDraft = {
    ...draft,
    type: 'treatment_recorded',
    subject: { kind: 'treatment', id },
    refs: [site.id, ...batchesIn(movements)],
    data: {
      treatment: treatment as unknown as Json,
      startedAt: new Date(input.startedAt).toISOString(),
      ...movementsData(movements),
    },
  };
  const stock = placeOf('stock', treatment);
  const formed = (
    { batchId, ...batch }: { batchId: string; wasteCode: string; grams: number; dryGrams?: number; formedAt?: string },
    origin: 'residue' | 'generated',
    type: string,
  ) =>
    batchFormed({ ...batch, id: batchId, origin, stock, pieces: 0, manifestId: null }, type, { ...draft, refs: [id] });
  const residues = treatment.outputs.flatMap((output) => (output.kind === 'residue' ? [output] : []));
  const remarks = remarksOn({
    siteId: site.id,
    method: input.method,
    treatmentKind: treatment.treatmentKind,
    day,
    inputs: taken.judged,
    inputGrams: totalGrams(treatment.inputs),
    additiveGrams: totalGrams(treatment.additives),
    outputGrams: totalGrams(treatment.outputs) + treatment.lossGrams,
    licences: states.found(permitsOf, permitKey(site.partyId, 'licence')),
    plans: states.found(permitsOf, permitKey(site.partyId, 'management_plan')),
  });
  return {
    events: [
      event,
      ...taken.unrecorded.map((batch) => formed({ ...batch, grams: 0 }, 'generated', 'unrecorded_batch_treated')),
      ...residues.map(({ batchId, wasteCode, grams, dryGrams }) =>
        formed(
          { batchId, wasteCode, grams, ...dried(dryGrams), ...ageOf(wasteCode, taken) },
          'residue',
          'residue_formed',
        ),
      ),
      ...emptied.events,
    ],
    answer: {
      id,
      treatmentKind: treatment.treatmentKind,
      selfTreatment: treatment.selfTreatment,
      batchCode: null,
      residues: residues.map(({ wasteCode, batchId, grams }) => ({ wasteCode, batchId, grams })),
    },
    warnings: [...warnings, ...remarks, ...emptied.warnings, ...unscannedWarning(taken)],
    status: 201,
    ...(treatment.selfTreatment ? { number: batchCodeSeries(treatment.treatmentKind, { siteId: site.id, day }) } : {}),
  };
}

/** What was that waste before is no younger for having been treated (法典 535 ¶3). */
function ageOf(wasteCode: string, { formedAt }: TakenInputs): { formedAt?: string } {
  const oldest = formedAt.get(wasteCode);
  return oldest ? { formedAt: oldest.toISOString() } : {};
}

/** Places in the act's list of new ids: the treatment, residues from 1, batches nobody recorded from 100. */
function fieldsOf(
  input: TreatmentInput,
  { id: siteId, partyId, region }: Site,
  day: string,
  taken: TakenInputs,
  facts: Facts,
): TreatmentFields {
  const { method, facilityCode, additives, lossGrams } = input;
  const stream = streamOfCode(taken.inputs[0]!.wasteCode);
  const kiln = facts.reference.policy('cement-kiln-counts-as', { region, stream, day }).value;
  return {
    partyId,
    siteId,
    ownerId: input.ownerId ?? partyId,
    region,
    method,
    treatmentKind: kindOfMethod(method, kiln),
    facilityCode,
    selfTreatment: taken.judged.every(({ foreign }) => !foreign),
    inputs: taken.inputs,
    outputs: input.outputs.map(
      (output, index): TreatmentOutput =>
        output.kind === 'residue' ? { ...output, batchId: facts.newId(1 + index) } : output,
    ),
    additives,
    lossGrams,
  };
}

/** What is given, with what the register has of it. */
function givenOf(input: TreatmentInput, site: Site, states: States): Given[] {
  const stock = stockOf(input, site.partyId);
  const isOthers = input.ownerId !== undefined && input.ownerId !== site.partyId;
  const scanned = containersIn(input, states).flatMap((container): Given[] => {
    const { id: containerId, batchId, wasteCode } = container;
    if (batchId === null) return [];
    const held = states.found(batchBalanceLookup, batchId)!;
    const { grams, pieces } = contentOf(container, states);
    const place = contentPlace(container);
    const from = place?.every((part, index) => part === stock[index]) ? null : place;
    return [{ wasteCode, grams, pieces, pointer: '/containers', batchId, held: [held], isOthers, containerId, from }];
  });
  const named = input.inputs.map((given, nth): Given => {
    const { grams, pieces } = given;
    const pointer = `/inputs/${nth}`;
    if ('batchId' in given) {
      const { wasteCode } = states.get(batchKind, given.batchId)!;
      const held = [states.found(batchBalanceLookup, given.batchId)!];
      return { wasteCode, grams, pieces, pointer, batchId: given.batchId, held, isOthers };
    }
    const { wasteCode } = given;
    const held = states.found(stockLookup, accountOf(stock, wasteCode).id);
    return { wasteCode, grams, pieces, pointer, held, isOthers };
  });
  // What was scanned goes first, so that it is gone for what is taken from the oldest.
  return [...scanned, ...named];
}

/** The streams of what is named and scanned, as far as it is known. */
function streamsTreated(input: TreatmentInput, states: States): string[] {
  const batches = namedBatches(input).flatMap((id) => states.get(batchKind, id) ?? []);
  const wastes = [...batches, ...containersIn(input, states)].map(({ wasteCode }) => wasteCode);
  return [...codesOf(input.inputs), ...wastes].map((code) => streamOfCode(code ?? ''));
}

/** Codes are looked up in the list of the day, as at generation. */
function checkCodes(input: TreatmentInput, day: string): { refusal: Refusal } | { warnings: Warning[] } {
  const warnings: Warning[] = [];
  for (const part of ['inputs', 'outputs'] as const) {
    for (const [index, given] of input[part].entries()) {
      if (!('wasteCode' in given)) continue;
      const remarks = codeRemarks(given.wasteCode, day, `/${part}/${index}/wasteCode`);
      if ('refusal' in remarks) return remarks;
      warnings.push(...remarks.warnings);
    }
  }
  return { warnings };
}

const isIn = (batch: Batch, { siteId, ownerId }: TreatmentInput, partyId: string): boolean =>
  batch.partyId === partyId && batch.siteId === siteId && batch.ownerId === (ownerId ?? partyId);

/** Only what lies in this site's stock, under this owner, can be taken from it. */
function wrongBatch(input: TreatmentInput, site: Site, states: States): Refusal | undefined {
  for (const [index, given] of input.inputs.entries()) {
    if (!('batchId' in given)) continue;
    const batch = states.get(batchKind, given.batchId);
    if (batch && isIn(batch, input, site.partyId)) continue;
    return against(
      `/inputs/${index}/batchId`,
      `批次 ${given.batchId} 不在该场所的库存中。`,
      `Batch ${given.batchId} is not in this site's stock.`,
    );
  }
  return undefined;
}

/** All that is burnt or landfilled in one run is of one owner; a container with nothing in it gives nothing. */
function wrongContainers(input: TreatmentInput, site: Site, states: States): Refusal | undefined {
  const ownerId = input.ownerId ?? site.partyId;
  const found = containersIn(input, states);
  const other = found.find((container) => container.ownerId !== ownerId);
  if (other)
    return against(
      '/containers',
      `容器 ${other.code} 的废物属于单位 ${other.ownerId}，请另行登记。`,
      `What is in container ${other.code} is the waste of party ${other.ownerId}; record that by itself.`,
    );
  if (found.length === 0 || found.some(({ batchId }) => batchId !== null)) return undefined;
  return against('/containers', '这些容器内没有废物。', 'There is no waste in these containers.');
}

function emptiedBy(input: TreatmentInput, site: Site, states: States): Scan {
  return containersTreated(states, input.scanned ?? NOTHING_SCANNED, {
    siteId: site.id,
    manifestId: null,
    partyId: site.partyId,
    region: site.region,
    occurredAt: new Date(input.endedAt),
    entryMode: input.entryMode,
    among: [site.partyId, ...(input.ownerId ? [input.ownerId] : [])],
    pointer: '/containers',
  });
}

const containersIn = ({ scanned = NOTHING_SCANNED }: TreatmentInput, states: States): Container[] =>
  scanned.containers.flatMap(({ id }) => states.get(containerKind, id) ?? []);

/** Taken as the oldest of a waste, from containers that nobody scanned. */
function unscannedWarning({ unscanned }: TakenInputs): Warning[] {
  if (unscanned === 0) return [];
  const detail = {
    zh: `所用的质量取自 ${unscanned} 个容器内的批次，而未扫描容器；容器仍记录为有废物。`,
    en: `This was taken out of ${unscanned} containers that nobody scanned; they are on record as filled.`,
  };
  return [{ code: 'container-not-scanned', pointer: '/containers', basis: 'HJ 1259-2022 B.4', detail }];
}

function unknownOwner({ ownerId }: TreatmentInput, states: States): Refusal | undefined {
  if (!ownerId || states.get(partyKind, ownerId)) return undefined;
  return against('/ownerId', `没有单位 ${ownerId}。`, `There is no party ${ownerId}.`);
}

const tooManyBatches = (count: number): Refusal =>
  against(
    '/inputs',
    `一次利用处置最多涉及 ${BATCHES_MAX} 个批次，此次为 ${count} 个；请分次登记。`,
    `A treatment takes from at most ${BATCHES_MAX} batches and this takes from ${count}; record it in parts.`,
  );

const otherSite: Refusal = {
  problem: 'not-your-act',
  detail: { zh: '此密钥只能为其绑定的场所办理。', en: 'This key acts only for the site it is bound to.' },
  errors: [{ pointer: '/siteId', detail: { zh: '密钥所绑定的场所', en: "the key's own site" } }],
};
