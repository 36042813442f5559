import fc from 'fast-check';
import type { Answer, Caller } from '../../support/world.ts';
import type { Scene } from './scene.ts';

/**
 * A step of a random sequence: which act, and the throws by which it is filled in. The first choice of every throw is
 * the ordinary one, so that a shrunk sequence reads as plainly as it can.
 */
export interface Step {
  readonly act: string;
  readonly throws: readonly number[];
}

const THROWS = 14;

/** Acts by their weight; from one list, so that they shrink towards its beginning. */
export const stepsOf = (weights: Readonly<Record<string, number>>, length: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      act: fc.constantFrom(
        ...Object.entries(weights).flatMap(([act, weight]) => Array.from({ length: weight }, () => act)),
      ),
      throws: fc.array(fc.nat(999), { minLength: THROWS, maxLength: THROWS }),
    }),
    { minLength: Math.ceil(length / 2), maxLength: length, size: 'max' },
  );

/** One step as it is being played: its throws are used up one by one. */
export interface Play {
  readonly scene: Scene;
  /** One of so many: 0 is the ordinary one. */
  die(sides: number): number;
  oneOf<Value>(values: readonly [Value, ...Value[]]): Value;
  oneOf<Value>(values: readonly Value[]): Value | undefined;
  /** Seldom true. */
  seldom(): boolean;
  /** So many minutes before now, as ISO text. */
  ago(minutes?: number): string;
  rows<Row>(sql: string, ...values: readonly unknown[]): Promise<Row[]>;
}

export type Doing = (play: Play) => Promise<Answer | undefined>;

export function playOf(scene: Scene, { throws }: Step): Play {
  let used = 0;
  const next = () => throws[used++ % throws.length] ?? 0;
  const die = (sides: number) => next() % sides;
  return {
    scene,
    die,
    oneOf: (<Value>(values: readonly Value[]) => values[die(Math.max(1, values.length))]) as Play['oneOf'],
    seldom: () => next() > 920,
    ago: (minutes = 0) => new Date(scene.clock.now().getTime() - minutes * 60_000).toISOString(),
    async rows<Row>(sql: string, ...values: readonly unknown[]) {
      return (await scene.service.database.pool.query(sql, [...values])).rows as Row[];
    },
  };
}

interface Part {
  readonly batchId: string;
  readonly grams: number;
  readonly pieces: number;
}

/** A container on a line. */
export interface LineContainer {
  readonly containerId: string;
  readonly batchId: string | null;
  readonly wasteCode: string;
  /** Found with the load on its way. */
  readonly joined: boolean;
  readonly heldUp: string | null;
  readonly decision: string | null;
}

export interface ManifestLine {
  readonly containers: readonly LineContainer[];
  readonly offeredContainers?: readonly LineContainer[];
  readonly line: number;
  readonly wasteCode: string;
  readonly codeAtSource?: string;
  readonly declaredGrams: number;
  readonly declaredPieces: number;
  readonly pickedUpGrams: number | null;
  readonly pickedUpPieces: number | null;
  readonly offered: readonly Part[];
  readonly loaded: readonly Part[];
  readonly frozen: readonly Part[];
  readonly lost: readonly (Part & { readonly carrierId: string })[];
  readonly recovered: readonly Part[];
  readonly acceptedGrams: number | null;
  readonly refusedGrams: number | null;
  readonly refusedPieces: number | null;
  readonly receivedPieces: number | null;
}

/** A manifest as its row has it. */
export interface ManifestRow {
  readonly id: string;
  readonly status: string;
  readonly number: string | null;
  readonly consignor_id: string;
  readonly consignor_site_id: string;
  readonly consignee_id: string;
  readonly consignee_site_id: string;
  readonly trip_id: string | null;
  readonly arrived_at: Date | null;
  readonly accepted_at: Date | null;
  readonly follows_id: string | null;
  readonly stored_site_id: string | null;
  readonly source: readonly [string, string, string | null, string] | null;
  readonly lines: readonly ManifestLine[];
  readonly legs: readonly {
    carrierId: string;
    plate: string | null;
    startedAt: string | null;
    handover: { confirmedBy: readonly string[] } | null;
  }[];
  readonly remainders: readonly {
    reason: string;
    state: string;
    place: readonly [string, string, string | null, string];
    lines: readonly { line: number; parts: readonly Part[] }[];
    carrierId: string | null;
  }[];
  readonly incident: { readonly carrierId: string; readonly plans: readonly string[] } | null;
  readonly correction: {
    readonly proposedBy: string;
    readonly approvers: readonly string[];
    readonly approvedBy: readonly string[];
  } | null;
  readonly permit_uses: readonly {
    line: number;
    permitId: string;
    period: string;
    reservedGrams: number;
    usedGrams: number;
  }[];
}

export const MANIFESTS_SQL =
  'select * from manifests where consignor_id = any($1::uuid[]) or consignee_id = any($1::uuid[]) order by id';

export const manifestsOf = ({ scene, rows }: Pick<Play, 'scene' | 'rows'>): Promise<ManifestRow[]> =>
  rows<ManifestRow>(MANIFESTS_SQL, [...scene.callers.keys()]);

/** A manifest the act fits by what is asked; seldom any at all, whom it does not fit. */
export async function aManifest(
  play: Play,
  fits: (manifest: ManifestRow) => boolean,
): Promise<ManifestRow | undefined> {
  const all = await manifestsOf(play);
  const wrong = play.seldom();
  return play.oneOf(wrong ? all : all.filter(fits).reverse());
}

/** The caller meant; seldom another. */
export const by = ({ scene, seldom, oneOf }: Play, partyId: string | undefined): Caller =>
  (seldom() ? oneOf([...scene.callers.values()]) : scene.callers.get(partyId ?? '')) ?? scene.stranger;

export const currentLeg = ({ legs }: ManifestRow): number =>
  Math.max(
    0,
    legs.findLastIndex(({ startedAt }) => startedAt !== null),
  );
export const carrierOf = (manifest: ManifestRow): string => manifest.legs[currentLeg(manifest)]!.carrierId;

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const gramsOf = (parts: readonly { readonly grams: number }[]): number => sum(parts.map(({ grams }) => grams));
export const piecesOf = (parts: readonly { readonly pieces: number }[]): number =>
  sum(parts.map(({ pieces }) => pieces));

/** A mass near that: as it is, a little less or more, much less, nothing. */
export const near = ({ die }: Play, grams: number): number =>
  [grams, Math.max(0, grams - 1 - die(2_000)), grams + 1 + die(2_000), Math.floor(grams / 3), grams, 0][die(6)]!;

/** A container as its row has it. */
export interface ContainerRow {
  readonly id: string;
  readonly party: string;
  readonly owner: string;
  readonly site: string | null;
  readonly manifest: string | null;
  readonly parent: string | null;
  readonly batch: string | null;
  readonly code: string;
  readonly state: string;
  readonly grams: number;
}

/** Newest first. */
export const containersOf = ({ scene, rows }: Pick<Play, 'scene' | 'rows'>): Promise<ContainerRow[]> =>
  rows<ContainerRow>(
    `select id, party_id as party, owner_id as owner, site_id as site, manifest_id as manifest, parent_id as parent,
       batch_id as batch, waste_code as code, state, grams from containers where owner_id = any($1::uuid[]) order by id desc`,
    [...scene.callers.keys()],
  );

export const IN_STOCK: readonly string[] = ['stored', 'accepted'];

/** What is scanned of a load: nothing, all of it, all but one, or one from elsewhere besides. */
export async function scanOf(play: Play, { id, lines }: ManifestRow): Promise<{ containers?: string[] }> {
  const aboard = lines.flatMap(({ containers }) => containers.map(({ containerId }) => containerId));
  const how = play.die(4);
  if (how === 0) return {};
  const all = await containersOf(play);
  const there = aboard.filter((one) => all.some((container) => container.id === one && container.manifest === id));
  const stray = play.oneOf(all.filter(({ manifest, batch }) => manifest === null && batch !== null));
  const scanned = how === 2 ? there.slice(1) : how === 3 && stray && play.seldom() ? [...there, stray.id] : there;
  return scanned.length > 0 ? { containers: scanned } : {};
}
