/** Who stands on a manifest, and what every act of it shares. */
import type { Facts } from '../catalogue/reference.ts';
import type { Scanning } from '../custody/scanned.ts';
import {
  DELEGABLE_ACTS,
  type DelegableAct,
  type DelegationQuestion,
  delegationNeeds,
  type Mandate,
  mandateOf,
} from '../parties/delegations.ts';
import { type Caller, type Decision, type Needs, refused, type States, type Warning } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import { notFound } from '../platform/register.ts';
import type { Refusal } from '../problems.ts';
import { keepUnmatched } from '../transport/unmatched-reports.ts';
import type { EventData } from './event-data.ts';
import type { Reported } from './inputs.ts';
import {
  currentLeg,
  decideTransition,
  type ManifestAct,
  type ManifestRole,
  ROLE_NAMES,
  rolesOf,
  TRANSITIONS,
} from './lifecycle.ts';
import { type Manifest, manifestKind } from './manifest.ts';

/** Places in an act's list of new ids: lines first, then batches nobody recorded, the unmatched report, and what containers become. */
export const UNRECORDED_NTH = 50;
const UNMATCHED_NTH = 99;
export const CONTAINER_NTH = 100;

/** An event of a manifest: its data as `evolve` reads it, and what else it says. */
export function manifestEvent<Type extends keyof EventData>(
  type: Type,
  id: string,
  occurredAt: Date,
  data: Omit<EventData[Type], 'number'>,
  more: Partial<Omit<EventDraft, 'type' | 'subject' | 'occurredAt' | 'data'>> & { also?: EventDraft['data'] } = {},
): EventDraft {
  const { also, ...draft } = more;
  return {
    ...draft,
    type,
    subject: { kind: 'manifest', id },
    occurredAt,
    data: { ...(data as unknown as EventDraft['data']), ...also },
  };
}

export const lockManifest = (input: { readonly id: string }): Needs => ({ lock: [{ kind: 'manifest', id: input.id }] });

/**
 * Finds the manifest, asks the lifecycle, then decides. Whoever does not stand on it, and acts for nobody who does, learns
 * nothing of it. What an agent does says on whose behalf.
 */
export function onManifest(
  act: ManifestAct,
  input: { readonly id: string },
  states: States,
  facts: Facts,
  decide: (manifest: Manifest, roles: readonly ManifestRole[]) => Decision,
): Decision {
  const manifest = states.get(manifestKind, input.id);
  if (!manifest) return refused(notFound('manifest', input.id));
  const standing = rolesInAct(act, manifest, facts.caller, (question) => mandateOf(states, facts, question));
  if (!standsOn(manifest, facts.caller) && !standing.onBehalfOf) return refused(notFound('manifest', input.id));
  const { roles, onBehalfOf } = standing;
  const transition = decideTransition(act, manifest, roles);
  if (!('refused' in transition)) return told(decide(manifest, roles), onBehalfOf);
  const physical = TRANSITIONS[act].kind === 'physical' && transition.refused.problem === 'wrong-status';
  return physical
    ? unmatched(act, manifest, input as Reported, facts, transition.refused)
    : refused(standing.refusal ?? transition.refused);
}

function told(decision: Decision, onBehalfOf: string | undefined): Decision {
  if (!onBehalfOf || 'refused' in decision) return decision;
  return { ...decision, events: decision.events.map((event) => ({ ...event, onBehalfOf })) };
}

/** The consignor and the agent that filled it in: theirs alone is what it was before its issue. */
export const isDrafter = ({ consignorId, filledById }: Manifest, { actor }: Caller): boolean =>
  actor.party === consignorId || actor.party === filledById;

/** A key bound to a site sees only what starts or ends there. */
function standsOn(manifest: Manifest, caller: Caller): boolean {
  const { number, consigneeId, legs } = manifest;
  const { actor, site } = caller;
  const others = number === null ? [] : [consigneeId, ...legs.map(({ carrierId }) => carrierId)];
  if (!isDrafter(manifest, caller) && !others.includes(actor.party)) return false;
  return !site || site === manifest.consignorSiteId || site === manifest.consigneeSiteId;
}

/** A key bound to a site acts for its party at that site and nowhere else. */
export function rolesOfCaller(manifest: Manifest, { actor, site }: Caller): ManifestRole[] {
  const roles = rolesOf(manifest, actor.party);
  if (!site) return roles;
  const at = { consignor: manifest.consignorSiteId, consignee: manifest.consigneeSiteId };
  return roles.filter((role) => role in at && at[role as keyof typeof at] === site);
}

/** For whom an agent may do an act: those whose it is, each at its own site. None when the caller has the role itself. */
function principalsOf(act: ManifestAct, manifest: Manifest, caller: Caller) {
  const { by }: { by: readonly ManifestRole[] } = TRANSITIONS[act];
  const isDelegable = (DELEGABLE_ACTS as readonly string[]).includes(act);
  if (!isDelegable || rolesOfCaller(manifest, caller).some((role) => by.includes(role))) return [];
  const ends = [
    { role: 'consignor', partyId: manifest.consignorId, siteId: manifest.consignorSiteId },
    { role: 'consignee', partyId: manifest.consigneeId, siteId: manifest.consigneeSiteId },
  ] as const;
  return ends
    .filter(({ role, partyId }) => by.includes(role) && partyId !== caller.actor.party)
    .filter(({ role }) => role === 'consignor' || manifest.number !== null);
}

/** What a caller is in an act. */
export interface RolesInAct {
  readonly roles: readonly ManifestRole[];
  /** For whom it acts, where it has a role by a delegation. */
  readonly onBehalfOf?: string;
  /** It has a delegation that does not carry this act. */
  readonly refusal?: Refusal;
}

/** By itself, and by what it is delegated; `mandate` says what that covers. Pure. */
export function rolesInAct(
  act: ManifestAct,
  manifest: Manifest,
  caller: Caller,
  mandate: (question: DelegationQuestion) => Mandate | Refusal,
): RolesInAct {
  const own = rolesOfCaller(manifest, caller);
  let refusal: Refusal | undefined;
  for (const { role, partyId, siteId } of principalsOf(act, manifest, caller)) {
    const given = mandate({ partyId, siteId, act: act as DelegableAct });
    const barred = 'problem' in given ? given : withItself(act, own, role);
    if (!barred) return { roles: [...own, role], onBehalfOf: partyId };
    if (barred.problem === 'not-your-act') refusal = barred;
  }
  return refusal ? { roles: own, refusal } : { roles: own };
}

/**
 * What a principal may leave to another party of the manifest: nothing has moved yet, and the delegation that names agent and act is
 * the consent that 《民法典》168 asks for. By every other act one side says what the others rely on.
 */
const PREPARATIONS: ReadonlySet<ManifestAct> = new Set(['revise', 'issue', 'void']);

function withItself(act: ManifestAct, [own]: readonly ManifestRole[], other: ManifestRole): Refusal | undefined {
  if (own === undefined || PREPARATIONS.has(act)) return undefined;
  const [mine, theirs] = [ROLE_NAMES[own], ROLE_NAMES[other]];
  return {
    problem: 'not-your-act',
    detail: {
      zh: `您是本联单的${mine.zh}，不能代${theirs.zh}办理此事：各方须各自核对。请由${theirs.zh}自行办理，或由其委托不在本联单上的单位办理。`,
      en: `You are the ${mine.en} of this manifest and cannot do this for its ${theirs.en}: each side checks for itself. The ${theirs.en} does it, or delegates it to a party that is not on the manifest.`,
    },
    basis: '《民法典》168',
  };
}

/** Delegations an act may rest on; for `alsoNeeds`. */
export function agencyNeeds(
  act: ManifestAct,
  input: { readonly id: string },
  states: States,
  { caller }: Facts,
): Needs {
  const manifest = states.get(manifestKind, input.id);
  const principals = manifest ? principalsOf(act, manifest, caller) : [];
  return { lookups: principals.flatMap(({ partyId }) => delegationNeeds(caller, partyId).lookups ?? []) };
}

/** Kept where it was said to have happened: at the origin until the pickup, at the destination afterwards. */
export function unmatched(
  act: ManifestAct,
  manifest: Manifest,
  input: Reported,
  facts: Facts,
  refusal: Refusal,
): Decision {
  const atOrigin = act === 'pickup' || act === 'pickup-confirmation' || act === 'return-receipt';
  const plate = (input as { plate?: string }).plate ?? manifest.legs[currentLeg(manifest)]!.plate;
  const report = {
    id: facts.newId(UNMATCHED_NTH),
    act,
    partyId: facts.caller.actor.party,
    siteId: atOrigin ? manifest.consignorSiteId : manifest.consigneeSiteId,
    plate,
    manifestId: manifest.id,
    manifestStatus: manifest.status,
    occurredAt: new Date(input.occurredAt),
  };
  const region = atOrigin ? manifest.originRegion : manifest.destinationRegion;
  const { scanned: _, pickupCode: __, description, differs, ...reported } = input as Reported & Scanning & Unkept;
  const words = { ...(description ? { description } : {}), ...(differs ? { differs } : {}) };
  const draft = { region, entryMode: input.entryMode ?? 'live', ...(description || differs ? { details: words } : {}) };
  return keepUnmatched(report, refusal, draft, reported as unknown as Json);
}

/** What the event of a kept report does not say: free words are its erasable details, as where the report fits; a code is kept nowhere. */
interface Unkept {
  readonly description?: string;
  readonly differs?: string;
  readonly pickupCode?: string;
}

/** What is told when something is said to have happened before what must come first. */
export const ifBefore = (
  first: Date | string | null,
  { occurredAt }: { readonly occurredAt: string },
  warning: Omit<Warning, 'pointer'>,
): Warning[] => (first && new Date(occurredAt) < new Date(first) ? [{ ...warning, pointer: '/occurredAt' }] : []);

/** Every line of the manifest once, none else: a report that leaves one out cannot be booked. */
export function everyLineOnce(
  wanted: readonly { readonly line: number }[],
  given: readonly { readonly line: number }[],
): Refusal | undefined {
  const lines = wanted.map(({ line }) => line);
  const numbers = given.map(({ line }) => line);
  if (numbers.length === lines.length && lines.every((line) => numbers.includes(line))) return undefined;
  return {
    problem: 'against-rule',
    detail: {
      zh: `须逐行填报第 ${lines.join('、')} 行，每行一次。`,
      en: `Give lines ${lines.join(', ')}, each once.`,
    },
    errors: [{ pointer: '/lines', detail: { zh: `第 ${lines.join('、')} 行`, en: `lines ${lines.join(', ')}` } }],
  };
}

/** The vehicle as an event says it; the plate in its normal form. */
export const vehicleData = (
  input: { readonly driverId?: string | undefined; readonly waybillNumber?: string | undefined },
  plate: string | null,
) => ({
  plate,
  driverId: input.driverId ?? null,
  waybillNumber: input.waybillNumber ?? null,
});
