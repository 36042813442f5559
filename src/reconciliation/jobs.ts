import { dayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import type { Manifest } from '../manifests/manifest.ts';
import { type JobDefinition, PermanentError } from '../platform/jobs.ts';
import { type Judgement, judge } from './commands.ts';
import { massFactsOf } from './queries.ts';
import { judgeMass, MASS_RULE } from './rules/mass.ts';

/** Loads by id what a rule looks at, judges, and hands the judgement to the journal. */
export function reconciliationJobs(policies: () => PolicyBook): readonly JobDefinition[] {
  return [
    {
      name: 'judge_mass',
      async handle({ manifestId }, { database }) {
        if (!manifestId) throw new PermanentError('judge_mass needs a manifestId');
        const loaded = await massFactsOf(database.pool, manifestId);
        if (!loaded) return []; // a ticket may name a manifest that was never ours
        const { manifest, tickets, events } = loaded;
        const verdict = judgeMass({
          ...quantitiesOf(manifest),
          tickets,
          tolerance: toleranceOf(policies(), manifest),
          evidence: events,
        });
        const judgement: Judgement = {
          rule: MASS_RULE.id,
          ruleVersion: MASS_RULE.version,
          subjectKind: 'manifest',
          subjectId: manifest.id,
          period: '',
          partyIds: [manifest.consignorId, manifest.carrierId, manifest.consigneeId],
          regions: [...new Set([manifest.originRegion, manifest.destinationRegion])],
          stream: manifest.stream,
          verdict,
        };
        return [{ act: judge, input: judgement }];
      },
    },
  ];
}

function quantitiesOf(manifest: Manifest) {
  const sum = (pick: (line: Manifest['lines'][number]) => number | null) => {
    const values = manifest.lines.map(pick);
    return values.some((value) => value === null) ? null : values.reduce<number>((total, value) => total + value!, 0);
  };
  return {
    consignorId: manifest.consignorId,
    carrierId: manifest.carrierId,
    consigneeId: manifest.consigneeId,
    declaredGrams: sum((line) => line.declaredGrams)!,
    declaredPieces: sum((line) => line.declaredPieces)!,
    loadedGrams: sum((line) => line.pickedUpGrams),
    loadedPieces: sum((line) => line.pickedUpPieces),
    receivedGrams: sum((line) => (line.acceptedGrams === null ? null : line.acceptedGrams + line.refusedGrams!)),
    receivedPieces: sum((line) => line.receivedPieces),
  };
}

/** The tolerance of the destination, on the day the load was accepted, or loaded while it is still on its way. */
function toleranceOf(book: PolicyBook, manifest: Manifest) {
  const day = dayInShanghai(manifest.acceptedAt ?? manifest.pickedUpAt ?? manifest.issuedAt!);
  const { value, basis } = book.policy('mass-tolerance', {
    region: manifest.destinationRegion,
    stream: manifest.stream,
    day,
  });
  return { ...value, source: `${basis.instrument}: ${basis.article}` };
}
