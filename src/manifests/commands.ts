import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts, PolicyBook } from '../catalogue/reference.ts';
import { prefectureOf } from '../catalogue/regions.ts';
import { batchKind } from '../custody/batches.ts';
import { accountOf } from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { partyKind, siteKind } from '../parties/registers.ts';
import { settledUses, usesData } from '../permits/uses.ts';
import { type Accepted, type Act, type Needs, refused, type States } from '../platform/acts.ts';
import type { Json } from '../platform/events.ts';
import { entitlementLookups, permitsFound, settledGates } from './entitlement.ts';
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
import { decideArrival, decidePickup } from './loading.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { reservedLookup } from './queries.ts';
import { decideReceipt } from './receiving.ts';
import { baseEvent, consigneeStock, lockManifest, onManifest, originStock } from './standing.ts';

/** One act each; what they share is in standing.ts, what they decide in filing.ts, loading.ts and receiving.ts. */
type ManifestCommand<Input> = Act<Input, PolicyBook>;

const draftReads = (input: DraftInput): Needs => ({
  read: [
    { kind: 'site', id: input.consignorSiteId },
    { kind: 'site', id: input.consigneeSiteId },
    { kind: 'party', id: input.carrierId },
    ...input.lines.flatMap((line) => line.batchIds.map((id) => ({ kind: 'batch', id }))),
  ],
});

/** The consignor (移出人) prepares a manifest; nothing is promised yet (TM 10(4)). */
export const draft: ManifestCommand<DraftInput> = {
  name: 'draft_manifest',
  kind: 'paper',
  needs: draftReads,
  decide(input, states, facts) {
    const checked = checkDraft(input, namedIn(input, states), facts);
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
      const checked = checkDraft(input, namedIn(input, states), facts);
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
  alsoNeeds(input, states, facts) {
    const manifest = states.get(manifestKind, input.id);
    if (!manifest) return {};
    return {
      read: [
        ...[manifest.consignorId, manifest.carrierId, manifest.consigneeId].map((id) => ({ kind: 'party', id })),
        ...[manifest.consignorSiteId, manifest.consigneeSiteId].map((id) => ({ kind: 'site', id })),
      ],
      lookups: [
        ...entitlementLookups(manifest, dayInShanghai(facts.now), facts.reference),
        { lookup: reservedLookup, key: manifest.consignorSiteId },
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
        parties: [manifest.consignorId, manifest.carrierId, manifest.consigneeId].map(
          (id) => states.get(partyKind, id)!,
        ),
        sites: [manifest.consignorSiteId, manifest.consigneeSiteId].map((id) => states.get(siteKind, id)!),
        entitlement: permitsFound(manifest, day, facts.reference, states),
        reserved: states.found(reservedLookup, manifest.consignorSiteId),
        stockOf: (wasteCode) => states.found(stockLookup, accountOf(originStock(manifest), wasteCode).id),
      });
      if ('refusal' in checked) return refused(checked.refusal);
      return {
        events: [
          {
            ...baseEvent('manifest_issued', manifest.id, facts.now),
            region: manifest.originRegion,
            data: usesData(checked.uses),
          },
        ],
        answer: { id: manifest.id, status: 'issued' },
        warnings: checked.warnings,
        number: numberOf(manifest, day, facts),
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
  needs: lockManifest,
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
    onManifest('pickup', input, states, facts, (manifest) => decidePickup(input, manifest, states, facts)),
};

/** The load has reached the consignee's gate (TM 11(4)). It is in the consignee's hands, not yet accepted. */
export const arrival: ManifestCommand<ArrivalInput> = {
  name: 'arrive_manifest',
  kind: 'physical',
  needs: lockManifest,
  decide: (input, states, facts) =>
    onManifest('arrival', input, states, facts, (manifest) => decideArrival(input, manifest, facts)),
};

/**
 * The consignee (接受人) decides on what arrived (TM 18). A mass that differs is evidence, booked as a weighing
 * difference and left to reconciliation.
 */
export const receipt: ManifestCommand<ReceiptInput> = {
  name: 'receive_manifest',
  kind: 'paper',
  needs: lockManifest,
  alsoNeeds(input, states) {
    const manifest = states.get(manifestKind, input.id);
    return {
      sharedGates: manifest
        ? [
            ...manifest.lines.map((line) => accountOf(consigneeStock(manifest), line.wasteCode).id),
            ...settledGates(manifest),
          ]
        : [],
    };
  },
  decide: (input, states, facts) =>
    onManifest('receipt', input, states, facts, (manifest) => decideReceipt(input, manifest, facts)),
};

/** Before anything is loaded the consignor may void. */
export const voidManifest: ManifestCommand<VoidInput> = {
  name: 'void_manifest',
  kind: 'paper',
  needs: lockManifest,
  /** It frees what was reserved: an issue that counts the stock must not meet it half-way. */
  alsoNeeds(input, states) {
    const manifest = states.get(manifestKind, input.id);
    return {
      sharedGates: manifest
        ? [
            ...manifest.lines.map((line) => accountOf(originStock(manifest), line.wasteCode).id),
            ...settledGates(manifest),
          ]
        : [],
    };
  },
  decide: (input, states, facts) =>
    onManifest('void', input, states, facts, (manifest) => ({
      events: [
        {
          ...baseEvent('manifest_voided', manifest.id, facts.now),
          region: manifest.originRegion,
          data: usesData(settledUses(manifest.permitUses, new Map(), dayInShanghai(facts.now))),
          details: { reason: input.reason },
        },
      ],
      answer: { id: manifest.id, status: 'void' },
    })),
};

/**
 * Fourteen digits: the year, the prefecture of the origin and its serial (TM 15). Where the national system gives the
 * numbers, ours says with an `L` that it is a local one; the official number stands beside it.
 */
function numberOf(
  { originRegion: region, stream }: Manifest,
  day: string,
  facts: Facts,
): NonNullable<Accepted['number']> {
  const prefecture = prefectureOf(region, day)!;
  const year = day.slice(0, 4);
  const isOurs = facts.reference.policy('manifest-number-authority', { region, stream, day }).value === 'ours';
  return {
    series: `${isOurs ? 'manifest' : 'local manifest'} ${prefecture} ${year}`,
    into: 'number',
    max: 999_999,
    format: (serial) => `${isOurs ? '' : 'L'}${year}${prefecture}${String(serial).padStart(6, '0')}`,
  };
}

/** What a draft names, as far as it is there. */
function namedIn(input: DraftInput, states: States) {
  return {
    origin: states.get(siteKind, input.consignorSiteId),
    destination: states.get(siteKind, input.consigneeSiteId),
    carrier: states.get(partyKind, input.carrierId),
    batchOf: (id: string) => states.get(batchKind, id),
  };
}
