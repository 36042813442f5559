import { addWorkingDays, dayInShanghai } from '../catalogue/calendar.ts';
import { checkPlate } from '../catalogue/identifiers.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { prefectureOf } from '../catalogue/regions.ts';
import { batchFormed } from '../custody/batches.ts';
import { accountOf, batchesIn, movementsData, type Place, takeFrom } from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import { licencesOf } from '../permits/queries.ts';
import { type Act, type Decision, type Needs, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import type { Refusal } from '../problems.ts';
import { keepUnmatched } from '../transport/unmatched-reports.ts';
import { checkDraft, checkIssue, draftFields } from './filing.ts';
import type {
  ArrivalInput,
  DraftInput,
  IssueInput,
  PickupInput,
  ReceiptInput,
  ReviseInput,
  VoidInput,
} from './inputs.ts';
import { DEADLINES, decideTransition, type ManifestAct, rolesOf, TRANSITIONS } from './lifecycle.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { decideReceipt } from './receiving.ts';

/** One function an act; what they share stands below. */
type ManifestCommand<Input> = Act<Input, PolicyBook>;

const draftReads = (input: DraftInput): Needs => ({
  read: [
    { kind: 'site', id: input.consignorSiteId },
    { kind: 'site', id: input.consigneeSiteId },
    { kind: 'party', id: input.carrierId },
  ],
});

/** The consignor (移出人) prepares a manifest; nothing is promised yet (TM 10(4)). */
export const draft: ManifestCommand<DraftInput> = {
  name: 'draft_manifest',
  kind: 'paper',
  needs: (input, facts) => ({ ...draftReads(input), lock: [{ kind: 'manifest', id: facts.newId() }] }),
  decide(input, states, facts) {
    const checked = checkDraft(input, sitesOf(input, states), facts);
    if ('refusal' in checked) return refused(checked.refusal);
    const id = facts.newId();
    const event = {
      ...baseEvent('manifest_drafted', id, facts.now),
      region: checked.origin.region,
      data: { manifest: draftFields(input, checked, dayInShanghai(facts.now)) as unknown as Json },
    };
    return { events: [event], answer: { id, status: 'draft' }, warnings: checked.warnings, status: 201 };
  },
};

/** Replaces everything in a draft. */
export const revise: ManifestCommand<ReviseInput> = {
  name: 'revise_manifest',
  kind: 'paper',
  needs: (input) => ({ ...draftReads(input), ...lockManifest(input) }),
  decide: (input, states, facts) =>
    onManifest('revise', input, states, facts, () => {
      const checked = checkDraft(input, sitesOf(input, states), facts);
      if ('refusal' in checked) return refused(checked.refusal);
      const { id, ...fields } = input;
      const event = {
        ...baseEvent('manifest_revised', id, facts.now),
        region: checked.origin.region,
        data: { manifest: draftFields(fields, checked, dayInShanghai(facts.now)) as unknown as Json },
      };
      return { events: [event], answer: { id, status: 'draft' }, warnings: checked.warnings };
    }),
};

/** The consignor issues: from here the manifest has its number and the carrier may load (TM 15, 16; 11(1)). */
export const issue: ManifestCommand<IssueInput> = {
  name: 'issue_manifest',
  kind: 'paper',
  numbered: true,
  needs: lockManifest,
  alsoNeeds(input, states) {
    const manifest = states.get(manifestKind, input.id);
    if (!manifest) return {};
    return {
      read: [manifest.consignorId, manifest.carrierId, manifest.consigneeId].map((id) => ({ kind: 'party', id })),
      lookups: [
        { lookup: licencesOf, key: manifest.consigneeId },
        ...manifest.lines.map((line) => ({
          lookup: stockLookup,
          key: accountOf(originStock(manifest), line.wasteCode).id,
        })),
      ],
    };
  },
  decide: (input, states, facts) =>
    onManifest('issue', input, states, facts, (manifest) => {
      const day = dayInShanghai(facts.now);
      const checked = checkIssue(manifest, {
        day,
        facts,
        parties: [manifest.consignorId, manifest.carrierId, manifest.consigneeId].map(
          (id) => states.get(partyKind, id)!,
        ),
        licences: states.found(licencesOf, manifest.consigneeId),
        stockOf: (wasteCode) => states.found(stockLookup, accountOf(originStock(manifest), wasteCode).id),
      });
      if ('refusal' in checked) return refused(checked.refusal);
      const prefecture = prefectureOf(manifest.originRegion, day)!;
      const year = day.slice(0, 4);
      return {
        events: [{ ...baseEvent('manifest_issued', manifest.id, facts.now), region: manifest.originRegion, data: {} }],
        answer: { id: manifest.id, status: 'issued' },
        warnings: checked.warnings,
        number: {
          series: `manifest ${prefecture} ${year}`,
          into: 'number',
          max: 999_999,
          format: (serial) => `${year}${prefecture}${String(serial).padStart(6, '0')}`,
        },
      };
    }),
};

/**
 * The carrier (承运人) has loaded: what left the origin's stock, as weighed (TM 11(1)-(2)). Physical: what does not fit
 * the state is kept as an unmatched report.
 */
export const pickup: ManifestCommand<PickupInput> = {
  name: 'pickup_manifest',
  kind: 'physical',
  needs: (input, facts) => withReport(lockManifest(input), facts),
  alsoNeeds(input, states) {
    const manifest = states.get(manifestKind, input.id);
    return {
      lookups: (manifest?.lines ?? []).map((line) => ({
        lookup: stockLookup,
        key: accountOf(originStock(manifest!), line.wasteCode).id,
      })),
    };
  },
  decide: (input, states, facts) =>
    onManifest('pickup', input, states, facts, (manifest) => {
      const structure = everyLineOnce(manifest, input.lines);
      if (structure) return refused(structure);
      const plate = checkPlate(input.plate);
      const lines = input.lines.map(({ line, massGrams, pieces }) => {
        const { wasteCode, namedBatches, declaredPieces } = manifest.lines[line - 1]!;
        const stock = states.found(stockLookup, accountOf(originStock(manifest), wasteCode).id);
        const loaded = takeFrom(stock, namedBatches, massGrams, pieces ?? declaredPieces);
        return {
          line,
          wasteCode,
          grams: massGrams,
          pieces: pieces ?? declaredPieces,
          loaded: loaded.length > 0 ? loaded : [unrecorded(line, massGrams, pieces ?? declaredPieces, facts)],
          known: loaded.length > 0,
        };
      });
      const movements = lines.flatMap(({ line, wasteCode, loaded }) =>
        loaded.map(({ batchId, grams, pieces }) => ({
          wasteCode,
          line,
          from: originStock(manifest),
          to: onTheRoad(manifest),
          fromBatch: batchId,
          toBatch: batchId,
          grams,
          pieces,
          dryGrams: 0,
        })),
      );
      const occurredAt = new Date(input.occurredAt);
      const event: EventDraft = {
        ...baseEvent('picked_up', manifest.id, occurredAt),
        region: manifest.originRegion,
        entryMode: input.entryMode,
        refs: batchesIn(movements),
        data: {
          plate: plate.valid ? plate.plate : input.plate,
          driverId: input.driverId ?? null,
          waybillNumber: input.waybillNumber ?? null,
          lines: lines.map(({ line, grams, pieces, loaded }) => ({
            line,
            grams,
            pieces,
            loaded: loaded as unknown as Json,
          })),
          ...movementsData(movements),
        },
      };
      const strangers = lines
        .filter((line) => !line.known)
        .map(({ line, wasteCode, loaded }) =>
          unrecordedBatch(manifest, wasteCode, loaded[0]!.batchId, occurredAt, line),
        );
      return {
        events: [event, ...strangers],
        answer: { id: manifest.id, status: 'in_transit' },
        warnings: pickupWarnings(input, manifest, plate.valid, lines),
      };
    }),
};

/** The load has reached the consignee's gate (TM 11(4)). It is in the consignee's hands, not yet accepted. */
export const arrival: ManifestCommand<ArrivalInput> = {
  name: 'arrive_manifest',
  kind: 'physical',
  needs: (input, facts) => withReport(lockManifest(input), facts),
  decide: (input, states, facts) =>
    onManifest('arrival', input, states, facts, (manifest) => {
      const occurredAt = new Date(input.occurredAt);
      const movements = manifest.lines.flatMap(({ line, wasteCode, loaded }) =>
        loaded.map(({ batchId, grams, pieces }) => ({
          wasteCode,
          line,
          from: onTheRoad(manifest),
          to: onHold(manifest),
          fromBatch: batchId,
          toBatch: batchId,
          grams,
          pieces,
          dryGrams: 0,
        })),
      );
      const day = dayInShanghai(occurredAt);
      const workingDays = facts.reference.policy(DEADLINES.receipt.policy, {
        region: manifest.destinationRegion,
        stream: manifest.stream,
        day,
      }).value;
      const due = addWorkingDays(day, workingDays);
      const event: EventDraft = {
        ...baseEvent('arrived', manifest.id, occurredAt),
        region: manifest.destinationRegion,
        entryMode: input.entryMode,
        refs: batchesIn(movements),
        data: {
          siteId: input.siteId ?? manifest.consigneeSiteId,
          dueOn: due.day,
          provisional: due.provisional,
          calendar: due.calendarVersion,
          ...movementsData(movements),
        },
      };
      return {
        events: [event],
        answer: { id: manifest.id, status: 'arrived', receiptDueOn: due.day, receiptDueProvisional: due.provisional },
        warnings: arrivalWarnings(input, manifest),
      };
    }),
};

/**
 * The consignee (接受人) decides on what arrived (TM 18). A mass that differs is evidence, booked as a weighing
 * difference and left to reconciliation.
 */
export const receipt: ManifestCommand<ReceiptInput> = {
  name: 'receive_manifest',
  kind: 'paper',
  needs: (input, facts) => ({
    lock: [...lockManifest(input).lock, ...input.lines.map((_, nth) => ({ kind: 'batch', id: facts.newId(nth) }))],
  }),
  alsoNeeds(input, states) {
    const manifest = states.get(manifestKind, input.id);
    return {
      sharedGates: (manifest?.lines ?? []).map((line) => accountOf(consigneeStock(manifest!), line.wasteCode).id),
    };
  },
  decide: (input, states, facts) =>
    onManifest('receipt', input, states, facts, (manifest) => {
      const structure = everyLineOnce(manifest, input.lines);
      return structure
        ? refused(structure)
        : decideReceipt(input, manifest, facts, { hold: onHold(manifest), stock: consigneeStock(manifest) });
    }),
};

/** Before anything is loaded the consignor may void. */
export const voidManifest: ManifestCommand<VoidInput> = {
  name: 'void_manifest',
  kind: 'paper',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('void', input, states, facts, (manifest) => ({
      events: [
        {
          ...baseEvent('manifest_voided', manifest.id, facts.now),
          region: manifest.originRegion,
          data: {},
          details: { reason: input.reason },
        },
      ],
      answer: { id: manifest.id, status: 'void' },
    })),
};

function lockManifest(input: { readonly id: string }) {
  return { lock: [{ kind: 'manifest', id: input.id }] };
}

/** A physical report may have to be kept as unmatched. */
const withReport = (needs: ReturnType<typeof lockManifest>, facts: Facts): Needs => ({
  lock: [...needs.lock, { kind: 'unmatched_report', id: facts.newId(UNMATCHED_NTH) }],
});
const UNMATCHED_NTH = 99;
/** Ids for batches nobody recorded before they were loaded, after those of the lines. */
const UNRECORDED_NTH = 50;

const baseEvent = (type: string, id: string, occurredAt: Date) => ({
  type,
  subject: { kind: 'manifest', id },
  occurredAt,
});

/** Finds the manifest, asks the lifecycle, then decides. Whoever does not stand on it learns nothing of it. */
function onManifest(
  act: ManifestAct,
  input: { readonly id: string },
  states: States,
  facts: Facts,
  decide: (manifest: Manifest) => Decision,
): Decision {
  const manifest = states.get(manifestKind, input.id);
  const partyId = facts.caller.actor.party;
  if (!manifest || rolesOf(manifest, partyId).length === 0 || isHiddenDraft(manifest, partyId))
    return refused(notFound('manifest', input.id));
  const transition = decideTransition(act, manifest, partyId);
  if (!('refused' in transition)) return decide(manifest);
  const physical = TRANSITIONS[act].kind === 'physical' && transition.refused.problem === 'wrong-status';
  return physical
    ? unmatched(act, manifest, input as PickupInput | ArrivalInput, facts, transition.refused)
    : refused(transition.refused);
}

function unmatched(
  act: ManifestAct,
  manifest: Manifest,
  input: PickupInput | ArrivalInput,
  facts: Facts,
  refusal: Refusal,
): Decision {
  const atOrigin = act === 'pickup';
  const report = {
    id: facts.newId(UNMATCHED_NTH),
    act,
    partyId: facts.caller.actor.party,
    siteId: atOrigin ? manifest.consignorSiteId : manifest.consigneeSiteId,
    plate: 'plate' in input ? input.plate : manifest.plate,
    manifestId: manifest.id,
    manifestStatus: manifest.status,
    occurredAt: new Date(input.occurredAt),
  };
  const region = atOrigin ? manifest.originRegion : manifest.destinationRegion;
  return keepUnmatched(report, refusal, { region, entryMode: input.entryMode }, input as unknown as Json);
}

const isHiddenDraft = (manifest: Manifest, partyId: string): boolean =>
  manifest.status === 'draft' && manifest.consignorId !== partyId;

function sitesOf(input: DraftInput, states: States) {
  return {
    origin: states.get(siteKind, input.consignorSiteId),
    destination: states.get(siteKind, input.consigneeSiteId),
    carrier: states.get(partyKind, input.carrierId),
  };
}

const originStock = (manifest: Manifest): Place => [
  'stock',
  manifest.consignorId,
  manifest.consignorSiteId,
  manifest.consignorId,
];
const onTheRoad = (manifest: Manifest): Place => ['in_transit', manifest.carrierId, null, manifest.consignorId];
const onHold = (manifest: Manifest): Place => [
  'consignee_hold',
  manifest.consigneeId,
  manifest.consigneeSiteId,
  manifest.consignorId,
];
const consigneeStock = (manifest: Manifest): Place => [
  'stock',
  manifest.consigneeId,
  manifest.consigneeSiteId,
  manifest.consigneeId,
];

/** Every line of the manifest once, none else: a report that leaves one out cannot be booked. */
function everyLineOnce(manifest: Manifest, given: readonly { readonly line: number }[]): Refusal | undefined {
  const wanted = manifest.lines.map(({ line }) => line);
  const numbers = given.map(({ line }) => line);
  if (numbers.length === wanted.length && wanted.every((line) => numbers.includes(line))) return undefined;
  return {
    problem: 'against-rule',
    detail: {
      zh: `须逐行填报第 ${wanted.join('、')} 行，每行一次。`,
      en: `Give lines ${wanted.join(', ')}, each once.`,
    },
    errors: [{ pointer: '/lines', detail: `lines ${wanted.join(', ')}` }],
  };
}

/** Something was loaded of which no generation is recorded: a batch is opened for it, and its stock goes below zero. */
function unrecorded(line: number, grams: number, pieces: number, facts: Facts) {
  return { batchId: facts.newId(UNRECORDED_NTH + line), grams, pieces, inferred: true };
}

function unrecordedBatch(
  manifest: Manifest,
  wasteCode: string,
  id: string,
  occurredAt: Date,
  line: number,
): EventDraft {
  const formed = {
    id,
    origin: 'generated' as const,
    stock: originStock(manifest),
    wasteCode,
    grams: 0,
    pieces: 0,
    manifestId: manifest.id,
  };
  return batchFormed(formed, 'unrecorded_batch_loaded', {
    occurredAt,
    region: manifest.originRegion,
    refs: [manifest.id],
    data: { line },
  });
}

function pickupWarnings(
  input: PickupInput,
  manifest: Manifest,
  plateFits: boolean,
  lines: readonly { line: number; known: boolean }[],
): Warning[] {
  const warnings: Warning[] = [];
  if (!plateFits)
    warnings.push({
      code: 'plate-unusual',
      pointer: '/plate',
      detail: {
        zh: `号牌 ${input.plate} 不符合 GA 36 格式，已照录。`,
        en: `The plate ${input.plate} does not follow GA 36; it was recorded as given.`,
      },
    });
  if (manifest.issuedAt && new Date(input.occurredAt) < manifest.issuedAt) {
    warnings.push({
      code: 'loaded-before-issue',
      pointer: '/occurredAt',
      basis: 'TM 11(1)',
      detail: { zh: '装运时间早于联单签发时间。', en: 'It was loaded before the manifest was issued.' },
    });
  }
  for (const { line, known } of lines) {
    if (!known)
      warnings.push({
        code: 'stock-unrecorded',
        pointer: `/lines/${line - 1}`,
        basis: 'TM 10(3)',
        detail: {
          zh: `第 ${line} 行所装废物在台账中没有库存。`,
          en: `No stock of line ${line} is on record at the origin.`,
        },
      });
  }
  return warnings;
}

function arrivalWarnings(input: ArrivalInput, manifest: Manifest): Warning[] {
  const warnings: Warning[] = [];
  if (input.siteId && input.siteId !== manifest.consigneeSiteId) {
    warnings.push({
      code: 'arrived-elsewhere',
      pointer: '/siteId',
      basis: 'TM 11(4)',
      detail: {
        zh: '运抵地点不是联单载明的接受人场所。',
        en: "It arrived at another site than the consignee's on the manifest.",
      },
    });
  }
  if (manifest.pickedUpAt && new Date(input.occurredAt) < manifest.pickedUpAt) {
    warnings.push({
      code: 'arrived-before-pickup',
      pointer: '/occurredAt',
      detail: { zh: '运抵时间早于装运时间。', en: 'It arrived before it was picked up.' },
    });
  }
  return warnings;
}
