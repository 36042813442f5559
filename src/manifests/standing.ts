/** Who stands on a manifest, and where its mass lies: what every act of it shares. */
import type { Facts } from '../catalogue/reference.ts';
import type { Place } from '../custody/ledger.ts';
import { type Caller, type Decision, type Needs, refused, type States, type Warning } from '../platform/acts.ts';
import type { Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import type { Refusal } from '../problems.ts';
import { keepUnmatched } from '../transport/unmatched-reports.ts';
import type { ArrivalInput, PickupInput } from './inputs.ts';
import { decideTransition, type ManifestAct, TRANSITIONS } from './lifecycle.ts';
import { type Manifest, manifestKind } from './manifest.ts';

/** Places in an act's list of new ids: lines first, then batches nobody recorded, then the unmatched report. */
export const UNRECORDED_NTH = 50;
const UNMATCHED_NTH = 99;

export const originStock = (manifest: Manifest): Place => [
  'stock',
  manifest.consignorId,
  manifest.consignorSiteId,
  manifest.consignorId,
];
export const onTheRoad = (manifest: Manifest): Place => ['in_transit', manifest.carrierId, null, manifest.consignorId];
export const onHold = (manifest: Manifest): Place => [
  'consignee_hold',
  manifest.consigneeId,
  manifest.consigneeSiteId,
  manifest.consignorId,
];
export const consigneeStock = (manifest: Manifest): Place => [
  'stock',
  manifest.consigneeId,
  manifest.consigneeSiteId,
  manifest.consigneeId,
];

export const baseEvent = (type: string, id: string, occurredAt: Date) => ({
  type,
  subject: { kind: 'manifest', id },
  occurredAt,
});

export const lockManifest = (input: { readonly id: string }): Needs => ({ lock: [{ kind: 'manifest', id: input.id }] });

/** Finds the manifest, asks the lifecycle, then decides. Whoever does not stand on it learns nothing of it. */
export function onManifest(
  act: ManifestAct,
  input: { readonly id: string },
  states: States,
  facts: Facts,
  decide: (manifest: Manifest) => Decision,
): Decision {
  const manifest = states.get(manifestKind, input.id);
  if (!manifest || !standsOn(manifest, facts.caller)) return refused(notFound('manifest', input.id));
  const transition = decideTransition(act, asSeenBy(facts.caller, manifest), facts.caller.actor.party);
  if (!('refused' in transition)) return decide(manifest);
  const physical = TRANSITIONS[act].kind === 'physical' && transition.refused.problem === 'wrong-status';
  return physical
    ? unmatched(act, manifest, input as PickupInput | ArrivalInput, facts, transition.refused)
    : refused(transition.refused);
}

/** What has no number yet is the consignor's alone; a key bound to a site sees only what starts or ends there. */
function standsOn(manifest: Manifest, { actor, site }: Caller): boolean {
  const { consignorId, carrierId, consigneeId } = manifest;
  if (manifest.number === null && consignorId !== actor.party) return false;
  if (![consignorId, carrierId, consigneeId].includes(actor.party)) return false;
  return !site || site === manifest.consignorSiteId || site === manifest.consigneeSiteId;
}

/** A key bound to a site acts for its party at that site and nowhere else. */
function asSeenBy({ site }: Caller, manifest: Manifest) {
  if (!site) return manifest;
  const NOBODY = '';
  return {
    status: manifest.status,
    consignorId: site === manifest.consignorSiteId ? manifest.consignorId : NOBODY,
    carrierId: NOBODY,
    consigneeId: site === manifest.consigneeSiteId ? manifest.consigneeId : NOBODY,
  };
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

/** What is told when something is said to have happened before what must come first. */
export const ifBefore = (
  first: Date | null,
  { occurredAt }: { readonly occurredAt: string },
  warning: Omit<Warning, 'pointer'>,
): Warning[] => (first && new Date(occurredAt) < first ? [{ ...warning, pointer: '/occurredAt' }] : []);

/** Every line of the manifest once, none else: a report that leaves one out cannot be booked. */
export function everyLineOnce(manifest: Manifest, given: readonly { readonly line: number }[]): Refusal | undefined {
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
