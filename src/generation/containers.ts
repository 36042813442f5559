import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { codeRemarks, nameRemarks } from '../catalogue/code-remarks.ts';
import { IDENTIFICATION_BASIS, identificationNumber } from '../catalogue/custody-codes.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { HAZARDOUS_STREAMS, streamOfCode } from '../catalogue/streams.ts';
import { findWasteCode, HAZARDS, hazardsFit } from '../catalogue/waste-codes.ts';
import { type Batch, batchFormed, batchKind, partOf } from '../custody/batches.ts';
import {
  type Container,
  containerChanged,
  containerKind,
  containerLabelled,
  contentsChanged,
} from '../custody/containers.ts';
import { dried, dryPartOf } from '../custody/dry-parts.ts';
import { type Movement, movementsData } from '../custody/ledger.ts';
import { batchLeftLookup } from '../custody/repository.ts';
import { type Party, partyKind, type Site, siteKind } from '../parties/registers.ts';
import { type Act, refused, type States, type Warning } from '../platform/acts.ts';
import { ENTRY_MODES, type EventDraft } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Grams, Instant, Pieces, ShortText, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { generated } from './commands.ts';
import { ContainerName, closedWarnings, parentRefusal } from './nesting.ts';
import { atSiteAlsoNeeds, atSiteNeeds, onBehalf, ownerAt } from './tenants.ts';

export const PACKAGINGS = ['bag', 'drum', 'can', 'box', 'bulk_bag', 'tank', 'pallet', 'other'] as const;
export const FORMS = ['solid', 'semi_solid', 'liquid', 'gas'] as const;
const PARTS_MAX = 50;

/**
 * 贴标签 (法典 531; HJ 1276-2022). What is in it came into being in it (`massGrams`), was taken from batches (`from`), or it is an outer
 * body that will hold other containers (neither).
 */
export const Label = z
  .strictObject({
    siteId: Uuid,
    ownerId: Uuid.optional(),
    wasteCode: z.string().max(20),
    name: ShortText,
    form: z.enum(FORMS),
    hazards: z
      .array(z.enum(Object.keys(HAZARDS) as [keyof typeof HAZARDS]))
      .min(1)
      .max(5),
    packaging: z.enum(PACKAGINGS),
    capacityLitres: z.number().int().min(1).max(1_000_000).nullable().default(null),
    tareGrams: Grams.nullable().default(null),
    mainComponents: ShortText.nullable().default(null),
    harmfulComponents: ShortText.nullable().default(null),
    precautions: ShortText.nullable().default(null),
    /** Personal or free words: kept as an erasable detail. */
    contact: ShortText.nullable().default(null),
    phone: ShortText.nullable().default(null),
    remark: ShortText.nullable().default(null),
    massGrams: Grams.min(1).optional(),
    /** A body is one piece, unless something else is counted. */
    pieces: Pieces.default(1),
    from: z
      .array(z.strictObject({ batchId: Uuid, massGrams: Grams.min(1), pieces: Pieces.default(0) }))
      .max(PARTS_MAX)
      .default([]),
    /** The container it stands in, by id or code. */
    parent: ContainerName.nullable().default(null),
    occurredAt: Instant,
    entryMode: z.enum(ENTRY_MODES).default('live'),
  })
  .refine((label) => label.massGrams === undefined || label.from.length === 0, {
    path: ['from'],
    error: inBoth('massGrams 与 from 只填一种', 'either massGrams or from, not both'),
  })
  .refine((label) => new Set(label.from.map(({ batchId }) => batchId)).size === label.from.length, {
    path: ['from'],
    error: inBoth('每个批次只填一次', 'each batch once'),
  });

export type LabelInput = z.output<typeof Label> & {
  /** Resolved from `parent`. */
  readonly parentId: string | null;
  /** The containers the named batches are in: they lose what is taken. */
  readonly sourceIds: readonly string[];
};

interface Content {
  readonly movements: readonly Movement[];
  readonly batch: EventDraft | undefined;
  readonly grams: number;
  readonly pieces: number;
  readonly producedOn: string;
  readonly warnings: readonly Warning[];
}

/**
 * Labels one container and draws its identification code.
 * @refuses not-found (site, batch, parent), against-rule (waste code, a unit without USCC, a batch of another waste, owner or site, an
 * unfit parent), number-exhausted (the 1000th of a unit, waste and day).
 */
export const labelContainer: Act<LabelInput, PolicyBook> = {
  name: 'label_container',
  kind: 'physical',
  needs(input, facts) {
    const { read = [], ...gates } = atSiteNeeds(input, input.wasteCode, facts);
    const party = { kind: 'party', id: input.ownerId ?? facts.caller.actor.party };
    const held = [...new Set([...input.sourceIds, ...(input.parentId === null ? [] : [input.parentId])])];
    return {
      // What is taken from batches asks for its gates in the second round, so that no gate is asked for after another.
      ...(input.from.length === 0 ? gates : {}),
      lock: held.map((id) => ({ kind: 'container', id })),
      read: [...read, party, ...input.from.map(({ batchId }) => ({ kind: 'batch', id: batchId }))],
    };
  },
  alsoNeeds(input, states, facts) {
    const { lookups = [], ...gates } = atSiteAlsoNeeds(input, input.wasteCode, states, facts);
    const own = input.from.length === 0 ? {} : atSiteNeeds(input, input.wasteCode, facts);
    const left = input.from.map(({ batchId }) => ({ lookup: batchLeftLookup, key: batchId }));
    const site = states.get(siteKind, input.siteId);
    return {
      // An agent may leave it to us to say for whom it labels.
      read: site ? [{ kind: 'party', id: site.partyId }] : [],
      sharedGates: [...(gates.sharedGates ?? own.sharedGates ?? [])],
      lookups: [...lookups, ...left],
    };
  },
  decide(input, states, facts) {
    const occurredAt = new Date(input.occurredAt);
    const day = dayInShanghai(occurredAt);
    const at = ownerAt(input, { day, act: 'generation' }, states, facts);
    if ('refusal' in at) return refused(at.refusal);
    const remarks = codeRemarks(input.wasteCode, day, '/wasteCode');
    if ('refusal' in remarks) return refused(remarks.refusal);
    if (!HAZARDOUS_STREAMS.includes(streamOfCode(input.wasteCode))) return refused(noLabel(input.wasteCode));
    const unit = states.get(partyKind, at.ownerId)!;
    if (unit.uscc === null) return refused(noUscc(unit));
    const id = facts.newId();
    const content = contentOf(id, input, at, states, facts);
    if ('refusal' in content) return refused(content.refusal);
    const parent = input.parentId === null ? undefined : states.get(containerKind, input.parentId);
    const unfit =
      input.parentId === null
        ? undefined
        : parentRefusal(parent, { siteId: at.site.id, partyId: at.site.partyId }, [], facts);
    if (unfit) return refused(unfit);
    const draft = { occurredAt, region: at.site.region, entryMode: input.entryMode, refs: [at.site.id] };
    const labelled = containerLabelled(containerOf(id, input, at, content, unit), {
      ...draft,
      ...onBehalf(at.ownerId, facts),
      details: { contact: input.contact, phone: input.phone, remark: input.remark },
    });
    return {
      events: [
        labelled,
        ...(content.batch ? [content.batch] : []),
        ...takenFrom(input, content, states, draft),
        ...(parent ? [contentsChanged(parent.id, { added: [id] }, draft)] : []),
      ],
      answer: { id, batchId: content.batch?.subject.id ?? null },
      warnings: [
        ...remarks.warnings,
        ...nameRemarks(input.name, input.wasteCode, '/name'),
        ...hazardWarnings(input, day),
        ...content.warnings,
        ...(parent ? closedWarnings(parent, '/parent') : []),
      ],
      status: 201,
      number: identificationNumber({ uscc: unit.uscc, wasteCode: input.wasteCode, day: content.producedOn }),
    };
  },
};

type At = { readonly site: Site; readonly ownerId: string; readonly stock: Movement['to'] };

function contentOf(
  id: string,
  input: LabelInput,
  at: At,
  states: States,
  facts: Facts,
): Content | { readonly refusal: Refusal } {
  const occurredAt = new Date(input.occurredAt);
  const nothing = { movements: [], batch: undefined, grams: 0, pieces: 0, warnings: [] };
  if (input.from.length > 0) return takenContent(id, input, at, states, facts);
  if (input.massGrams === undefined) return { ...nothing, producedOn: dayInShanghai(occurredAt) };
  const batchId = facts.newId(1);
  const { wasteCode, massGrams: grams, pieces } = input;
  const movements = [generated(batchId, wasteCode, at, { grams, pieces, dryGrams: 0 })];
  const batch = batchFormed(
    { id: batchId, origin: 'generated', stock: at.stock, wasteCode, grams, pieces, manifestId: null, containerId: id },
    'generation_recorded',
    {
      occurredAt,
      region: at.site.region,
      entryMode: input.entryMode,
      ...onBehalf(at.ownerId, facts),
      refs: [at.site.id, id],
      data: movementsData(movements),
    },
  );
  return { movements, batch, grams, pieces, producedOn: dayInShanghai(occurredAt), warnings: [] };
}

/** Filled or repacked from batches of the same waste and owner at the same site: a new batch, as old as the oldest of them. */
function takenContent(
  id: string,
  input: LabelInput,
  at: At,
  states: States,
  facts: Facts,
): Content | { readonly refusal: Refusal } {
  const batchId = facts.newId(1);
  const wholes: Batch[] = [];
  const warnings: Warning[] = [];
  for (const [index, { batchId: fromId, massGrams, pieces }] of input.from.entries()) {
    const whole = states.get(batchKind, fromId);
    const refusal = otherBatch(whole, fromId, index, input, at);
    if (refusal) return { refusal };
    wholes.push(whole!);
    const left = states.found(batchLeftLookup, fromId)!;
    if (massGrams > left.grams || pieces > left.pieces) warnings.push(moreThanLeft(index, left.grams));
  }
  const movements = input.from.map(({ batchId: fromBatch, massGrams: grams, pieces }) => ({
    wasteCode: input.wasteCode,
    from: at.stock,
    to: at.stock,
    fromBatch,
    toBatch: batchId,
    grams,
    pieces,
    dryGrams: dryPartOf(states.found(batchLeftLookup, fromBatch)!, grams),
  }));
  const dryGrams = movements.reduce((sum, movement) => sum + movement.dryGrams, 0);
  const grams = input.from.reduce((sum, part) => sum + part.massGrams, 0);
  const pieces = input.from.reduce((sum, part) => sum + part.pieces, 0);
  const [oldest] = wholes.sort((a, b) => a.formedAt.getTime() - b.formedAt.getTime());
  const { code: _, ...part } = partOf(oldest!, { id: batchId, grams, pieces, ...dried(dryGrams) });
  const stored = oldest!.storeId !== null && wholes.every(({ storeId }) => storeId === oldest!.storeId);
  const batch = batchFormed(
    {
      ...part,
      containerId: id,
      ...(stored ? { storeId: oldest!.storeId!, storedById: oldest!.storedById! } : {}),
    },
    'container_filled',
    {
      occurredAt: new Date(input.occurredAt),
      region: at.site.region,
      entryMode: input.entryMode,
      ...onBehalf(at.ownerId, facts),
      refs: [at.site.id, id, ...wholes.map((whole) => whole.id)],
      data: movementsData(movements),
    },
  );
  return { movements, batch, grams, pieces, producedOn: dayInShanghai(oldest!.formedAt), warnings };
}

/** What was in other containers is no longer. */
function takenFrom(
  input: LabelInput,
  { movements }: Content,
  states: States,
  draft: Pick<EventDraft, 'occurredAt' | 'region' | 'entryMode' | 'refs'>,
): EventDraft[] {
  return input.sourceIds.flatMap((sourceId) => {
    const source = states.get(containerKind, sourceId);
    const taken = movements.find(({ fromBatch }) => fromBatch === source?.batchId);
    if (!source || !taken) return [];
    const left = { grams: Math.max(0, source.grams - taken.grams), pieces: Math.max(0, source.pieces - taken.pieces) };
    return [containerChanged(sourceId, 'container_content_taken', left, draft)];
  });
}

function containerOf(id: string, input: LabelInput, at: At, content: Content, unit: Party) {
  const { packaging, capacityLitres, tareGrams, wasteCode, form, hazards, parentId } = input;
  const { name, mainComponents, harmfulComponents, precautions } = input;
  const { grams, pieces, producedOn } = content;
  return {
    ...{ id, packaging, capacityLitres, tareGrams, wasteCode, form, hazards, parentId, grams, pieces },
    label: { name, mainComponents, harmfulComponents, precautions, producedOn, massGrams: grams },
    unitId: unit.id,
    ownerId: at.ownerId,
    state: 'stored',
    partyId: at.site.partyId,
    siteId: at.site.id,
    manifestId: null,
    region: at.site.region,
    batchId: content.batch?.subject.id ?? null,
    childIds: [],
    contradictions: 0,
  } satisfies Omit<Container, 'code' | 'labelledAt' | 'closedAt'>;
}

function otherBatch(
  batch: Batch | undefined,
  id: string,
  index: number,
  { wasteCode }: LabelInput,
  { site, ownerId }: At,
): Refusal | undefined {
  if (!batch || batch.siteId !== site.id || batch.ownerId !== ownerId)
    return {
      ...notFound('batch', id),
      errors: [
        {
          pointer: `/from/${index}/batchId`,
          detail: { zh: '该场所内同一单位的批次', en: 'a batch of this owner at this site' },
        },
      ],
    };
  if (batch.wasteCode === wasteCode) return undefined;
  return {
    problem: 'against-rule',
    detail: {
      zh: `批次 ${id} 的废物代码为 ${batch.wasteCode}，不得与 ${wasteCode} 混装。`,
      en: `Batch ${id} is ${batch.wasteCode}; it may not be mixed with ${wasteCode}.`,
    },
    basis: '法典 535',
    errors: [{ pointer: `/from/${index}/batchId`, detail: wasteCode }],
  };
}

const moreThanLeft = (index: number, grams: number): Warning => ({
  code: 'more-than-left',
  pointer: `/from/${index}/massGrams`,
  detail: {
    zh: `该批次账面仅余 ${grams} 克；已如实记录。`,
    en: `${grams} g of that batch are left on record; it is recorded as told.`,
  },
});

function hazardWarnings({ wasteCode, hazards }: LabelInput, day: string): Warning[] {
  const found = findWasteCode(wasteCode, day);
  if (found.kind !== 'listed' || hazardsFit(found.entry, hazards)) return [];
  const listed = found.entry.hazards.join(', ');
  const detail = {
    zh: `${wasteCode} 在名录中的危险特性为 ${listed}，与标签不符。`,
    en: `The list gives ${listed} for ${wasteCode}; the label says something else.`,
  };
  return [{ code: 'hazards-differ', pointer: '/hazards', basis: IDENTIFICATION_BASIS, detail }];
}

/** An identification code has room for a code of the hazardous list, and for no other. */
const noLabel = (wasteCode: string): Refusal =>
  against(
    '/wasteCode',
    `${wasteCode} 不属于危险废物，没有危险废物标签和数字识别码；请登记产生批次。`,
    `${wasteCode} is no hazardous waste and bears no such label; record what was generated as a batch.`,
    IDENTIFICATION_BASIS,
  );

const noUscc = ({ name }: Party): Refusal => ({
  problem: 'against-rule',
  detail: {
    zh: `单位“${name}”没有统一社会信用代码，无法生成数字识别码；可先只登记产生批次，待登记代码后贴标签。`,
    en: `${name} has no USCC, so no identification code can be made; record the generation as a batch and label it once the code is entered.`,
  },
  basis: IDENTIFICATION_BASIS,
  errors: [{ pointer: '/siteId', detail: { zh: '所有人须有统一社会信用代码', en: 'the owner needs a USCC' } }],
});
