import diff from 'microdiff';
import { z } from 'zod';
import type { RecordedEvent } from '../platform/events.ts';
import { InstantView } from '../platform/values.ts';
import { type Manifest, manifestKind } from './manifest.ts';

/** Every event of a manifest makes a version of it. Old ones are folded from the events again, never kept. */
export const VersionView = z.object({
  version: z.number().int(),
  type: z.string(),
  occurredAt: InstantView,
  recordedAt: InstantView,
  partyId: z.uuid(),
});

export const DifferenceView = z.object({
  /** JSON Pointer (RFC 6901). */
  path: z.string(),
  from: z.unknown(),
  to: z.unknown(),
});

export const versionView = ({ seq, type, occurredAt, recordedAt, actor }: RecordedEvent) => ({
  version: seq,
  type,
  occurredAt,
  recordedAt,
  partyId: actor.party,
});

/** The manifest after each of its own events, from the first on. Pure. */
export function versionsOf(events: readonly RecordedEvent[]): Manifest[] {
  let manifest: Manifest | undefined;
  return events.map((event) => {
    manifest = manifestKind.evolve(manifest, event);
    return manifest;
  });
}

/** Value by value; what is only in one of the two is null in the other. Pure. */
export function differencesBetween(from: Manifest, to: Manifest): z.output<typeof DifferenceView>[] {
  const plain = (manifest: Manifest) => JSON.parse(JSON.stringify(manifest)) as Record<string, unknown>;
  return diff(plain(from), plain(to)).map((one) => ({
    path: `/${one.path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
    from: 'oldValue' in one ? one.oldValue : null,
    to: 'value' in one ? one.value : null,
  }));
}
