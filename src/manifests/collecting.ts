import type pg from 'pg';
import type { z } from 'zod';
import { resolveContainers } from '../custody/container-queries.ts';
import { NOTHING_SCANNED } from '../custody/scanned.ts';
import { unknownContainer } from '../custody/scanning.ts';
import { withScans } from '../custody/scans.ts';
import { weighingsOf } from '../generation/queries.ts';
import { massesOf } from '../generation/rules.ts';
import type { Act, Caller, Warning } from '../platform/acts.ts';
import type { Services } from '../platform/http.ts';
import { Problem } from '../problems.ts';
import { COLLECTION_STEPS, type Collection, type CollectionAct, type CollectionReceipt } from './collections.ts';
import * as load from './load-commands.ts';
import type { Manifest } from './manifest.ts';
import { manifestsById } from './queries.ts';
import { byAgentsToo } from './routes.ts';
import type { CollectedLoad } from './tables.ts';

/** What a big box stands for, done manifest by manifest: each an act of its own, under a key made of the caller's. */

/** A caller's act, in parts: each manifest's under a key of its own. */
export interface Sent {
  readonly caller: Caller;
  readonly key: string;
  readonly body: object;
}

/** Does the act for each manifest that waits for it, when the collection does. @throws Problem of the first that is refused. */
export async function moved(
  services: Services,
  act: CollectionAct,
  collection: Collection,
  sent: Sent,
): Promise<Warning[]> {
  const { pool } = services.database;
  // Whose it is, is asked of each manifest too; who is none of the three is told nothing by the act itself.
  if (collection.status !== COLLECTION_STEPS[act].from || !standsOn(collection, sent.caller)) return [];
  const manifests = new Map(
    (
      await manifestsById(
        pool,
        collection.loads.map(({ manifestId }) => manifestId),
      )
    ).map((one) => [one.id, one]),
  );
  const warnings: Warning[] = [];
  const inputOf = await inputsOf(pool, act, collection, manifests, sent.body);
  for (const one of collection.loads) {
    if (manifests.get(one.manifestId)?.status !== COLLECTION_STEPS[act].manifests) continue;
    const input = { ...(await inputOf(one)), id: one.manifestId };
    const answer = await done(services, ACTS[act], input, sent, `${act} ${one.manifestId}`);
    warnings.push(...answer.warnings);
  }
  return warnings;
}

// biome-ignore lint/suspicious/noExplicitAny: every act has an input of its own.
const ACTS: Record<CollectionAct, Act<any, never>> = {
  pickup: byAgentsToo('pickup', load.pickup),
  'pickup-confirmation': byAgentsToo('pickup-confirmation', load.pickupConfirmation),
  arrival: byAgentsToo('arrival', load.arrival),
  receipt: byAgentsToo('receipt', load.receipt),
};

/** The body of each manifest's act: what stands in the big box stays in it. */
async function inputsOf(
  pool: pg.Pool,
  act: CollectionAct,
  { boxId, loads, consigneeId }: Collection,
  manifests: ReadonlyMap<string, Manifest>,
  body: object,
) {
  const scansOf = async (given: object) => {
    const { scanned = NOTHING_SCANNED, ...rest } = await withScans(pool, given);
    const parents = [...new Set([...scanned.parents, boxId])];
    return { ...rest, scanned: { ...scanned, parents, boxId } };
  };
  if (act === 'pickup')
    return ({ lines }: CollectedLoad) =>
      scansOf({ ...body, lines: lines.map(({ line, containerIds }) => ({ line, containers: containerIds })) });
  if (act !== 'receipt') return async () => body;
  const { missing, method, ...given } = body as z.output<typeof CollectionReceipt>;
  const ids = loads.flatMap(({ lines }) => lines.flatMap(({ containerIds }) => containerIds));
  const gone = await namedAmong(pool, missing, ids);
  const weighed = (await weighingsOf(pool, ids)).filter(({ partyId }) => partyId === consigneeId);
  return ({ lines, manifestId }: CollectedLoad) => {
    const arrivedAt = manifests.get(manifestId)?.arrivedAt;
    const inTime = weighed.filter(({ weighedAt }) => arrivedAt && weighedAt >= arrivedAt);
    const plantGrams = (id: string) => massesOf(inTime.filter(({ containerId }) => containerId === id)).plant;
    return scansOf({
      ...given,
      discrepancies: [],
      lines: lines.map(({ line, containerIds }) => ({
        line,
        ...(method ? { method } : {}),
        ...decided(
          containerIds.filter((id) => !gone.has(id)),
          plantGrams,
        ),
      })),
    });
  };
}

const NOTHING = { acceptedGrams: 0, refusedGrams: 0, acceptedPieces: 0, refusedPieces: 0 };

/** As the plant itself weighed each once it had arrived; what it did not weigh, as its label says. */
function decided(present: readonly string[], plantGrams: (id: string) => number | null) {
  if (present.length === 0) return { ...NOTHING, containers: [] };
  return {
    containers: present.map((container) => {
      const massGrams = plantGrams(container);
      return { container, decision: 'accepted' as const, ...(massGrams === null ? {} : { massGrams }) };
    }),
  };
}

/** @throws Problem against-rule for a name that is none of these. */
async function namedAmong(pool: pg.Pool, names: readonly string[], ids: readonly string[]): Promise<Set<string>> {
  const resolved = await resolveContainers(pool, names);
  const found = names.map((name) => resolved.names.get(name));
  const stray = found.findIndex((id) => id === undefined || !ids.includes(id));
  if (stray >= 0) throw Problem.of(unknownContainer({ name: names[stray]!, pointer: `/missing/${stray}` }));
  return new Set(found as string[]);
}

/** @throws Problem as the act is refused. */
async function done<Input>(
  { journal }: Services,
  act: Act<Input, never>,
  input: Input,
  { caller, key, body }: Sent,
  part: string,
): Promise<{ readonly id: string; readonly number: string; readonly warnings: readonly Warning[] }> {
  const answer = await journal.submit(act, input, {
    caller,
    organisation: caller.actor.party,
    key: `${key} ${part}`,
    fingerprint: { path: part, body },
  });
  return answer.body as unknown as { id: string; number: string; warnings: readonly Warning[] };
}

const standsOn = ({ hubId, carrierId, consigneeId }: Collection, { actor }: Caller): boolean =>
  [hubId, carrierId, consigneeId].includes(actor.party);
