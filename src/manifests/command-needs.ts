import type { PolicyBook } from '../catalogue/reference.ts';
import { accountOf, type Place } from '../custody/ledger.ts';
import { stockLookup } from '../custody/repository.ts';
import { contentGates, contentLookups, type Scanning, scannedNeeds } from '../custody/scanned.ts';
import type { Act, Needs, States } from '../platform/acts.ts';
import type { Ref } from '../platform/events.ts';
import { aboardNeeds } from './aboard.ts';
import { consigneeStock, sourceCodeOf, sourceOf } from './booking.ts';
import { settledGates } from './entitlement.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { lockManifest } from './standing.ts';
import type { Line } from './tables.ts';

/**
 * One act each: what it needs and where it is decided. Here is what their needs share; what deciders share is in
 * standing.ts.
 */
export type ManifestCommand<Input> = Act<Input, PolicyBook>;

export const refsTo = (kind: string, ids: readonly string[]): Ref[] => ids.map((id) => ({ kind, id }));

export const manifestOf = (input: { readonly id: string }, states: States): Manifest | undefined =>
  states.get(manifestKind, input.id);

/** The stock accounts of every line at a place, looked at alone or shared with others who only add. */
export const accountsAt = (manifest: Manifest | undefined, placeOf: (manifest: Manifest) => Place): string[] =>
  (manifest?.lines ?? []).flatMap((line) => {
    const codes = new Set([codeAt(line, placeOf), ...line.containers.map(({ wasteCode }) => wasteCode)]);
    return [...codes].map((code) => accountOf(placeOf(manifest!), code).id);
  });
const codeAt = (line: Line, placeOf: (manifest: Manifest) => Place): string =>
  placeOf === consigneeStock ? line.wasteCode : sourceCodeOf(line);
/** What a manifest draws from its origin's stock: nothing when it carries on a remainder, of which all is known. */
export const stocksDrawn = (manifest: Manifest | undefined) =>
  manifest?.followsId ? [] : accountsAt(manifest, sourceOf).map((key) => ({ lookup: stockLookup, key }));

/** What a permit has left is looked at alone by who reserves of it. */
export function permitGates(input: { readonly id: string }, states: States): readonly string[] {
  const manifest = manifestOf(input, states);
  return manifest ? settledGates(manifest) : [];
}

/** The manifest and what was scanned. */
export const lockScanned = (input: { readonly id: string } & Scanning): Needs => ({
  lock: [...(lockManifest(input).lock ?? []), ...scannedNeeds(input)],
});
/** Then, as they are known from it: the other containers on it, and the stocks that scanned ones are in. */
export const aboardToo = (input: { readonly id: string } & Scanning, states: States): Needs => ({
  ...aboardNeeds(input, manifestOf(input, states)),
  sharedGates: contentGates(input, states),
  lookups: contentLookups(input, states),
});
