import { dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { Line } from '../manifests/tables.ts';
import type { MassFacts, Weighing } from './rules/mass.ts';

/** What the mass rule looks at, out of a manifest and its tickets. Pure. */
export function massFactsOf(manifest: Manifest, tickets: readonly Weighing[], book: PolicyBook): MassFacts {
  const sum = (pick: (line: Line) => number | null): number | null => {
    const values = manifest.lines.map(pick);
    return values.includes(null) ? null : values.reduce<number>((total, value) => total + value!, 0);
  };
  const evidence = [manifest.pickedUpEventId, manifest.receivedEventId].flatMap((id) => id ?? []);
  return {
    consignorId: manifest.consignorId,
    carrierId: manifest.carrierId,
    consigneeId: manifest.consigneeId,
    declaredGrams: sum((line) => line.declaredGrams)!,
    loadedGrams: sum((line) => line.pickedUpGrams),
    receivedGrams: sum((line) => (line.acceptedGrams === null ? null : line.acceptedGrams + line.refusedGrams!)),
    tickets,
    tolerance: toleranceOf(book, manifest),
    evidence,
  };
}

/** The tolerance of the destination, on the day the load was accepted, or loaded while it is still on its way. */
function toleranceOf(book: PolicyBook, manifest: Manifest): MassFacts['tolerance'] {
  const day = dayInShanghai(manifest.acceptedAt ?? manifest.pickedUpAt ?? manifest.issuedAt!);
  const { value, basis } = book.policy('mass-tolerance', {
    region: manifest.destinationRegion,
    stream: manifest.stream,
    day,
  });
  return { ...value, source: `${basis.instrument}: ${basis.article}` };
}
