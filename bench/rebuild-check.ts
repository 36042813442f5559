import { databaseUrl } from '../src/platform/connections.ts';
import { checkRebuild } from '../src/rebuild.ts';
import type { Bench } from './bench.ts';

/** `rebuild --check` on loads that were really played: every projection computed again from the events, and compared. */
export interface RebuildFigures {
  readonly loads: number;
  readonly subjects: number;
  readonly events: number;
  readonly seconds: number;
  /** Values stored that the events do not give; the first few. */
  readonly differences: readonly string[];
}

const SHOWN_MAX = 3;

/** The city's first loads went through HTTP and the journal like all others: a thousand manifests, with everything they left. */
export async function checkPlayedHistory({ postgres, cityDatabase, scale, say }: Bench): Promise<RebuildFigures> {
  say(`rebuild --check on ${scale.historyLoads} played loads`);
  const startedAt = performance.now();
  const { subjects, events, differences } = await checkRebuild(databaseUrl(postgres.serverUrl, cityDatabase));
  return {
    loads: scale.historyLoads,
    subjects,
    events,
    seconds: (performance.now() - startedAt) / 1000,
    differences: differences.slice(0, SHOWN_MAX),
  };
}
