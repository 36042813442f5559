/**
 * Any sequence of acts conserves mass: for every owner, in grams, pieces and dry grams.
 *
 * Precisely. Every account has one owner. Waste comes into being out of its owner's `generated` (and `additive`)
 * account, which go below zero by it; from then on it lies in `stock`, `in_transit`, `consignee_hold`, `incident_hold`,
 * `refused_return`, or has become `treated`, `product`, `loss`, `weighing_difference` or `adjustment`. All accounts of an
 * owner together are therefore zero, but for what passed between owners. It passes in one act only, the receipt: what
 * the consignee accepts leaves the consignor's accounts for the consignee's stock, as weighed there; what is refused, missing
 * or in excess stays the consignor's. A correction of the accepted mass passes the difference, and so does the
 * difference of a trip, which is what the scale said beyond the receipts. Dry grams pass with what is accepted, as measured there.
 *
 * The sequences are played over HTTP by everybody who takes part and hold acts that must be refused: those leave no event
 * and no posting (a physical report that does not fit leaves itself, and moves nothing; a mistyped code is counted).
 * Afterwards the laws are asked of the stored tables. CONSERVATION_RUNS=n plays n sequences, CONSERVATION_SEED another set;
 * CONSERVATION_TRACE=file has every request and answer of the one that fails.
 */
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { checkRebuild } from '../../src/rebuild.ts';
import { jobsDone, ok, type TestService } from '../support/world.ts';
import { LAWS } from './conservation/laws.ts';
import { MANIFEST_ACTS } from './conservation/manifest-acts.ts';
import { type Doing, manifestsOf, type Play, playOf, type Step, stepsOf, sum } from './conservation/play.ts';
import { misplaced, strayed } from './conservation/positions.ts';
import { aScene, aStage, type Scene, type Tally } from './conservation/scene.ts';
import { STOCK_ACTS } from './conservation/stock-acts.ts';

const RUNS = Number(process.env.CONSERVATION_RUNS ?? 12);
const SEED = Number(process.env.CONSERVATION_SEED ?? Date.now() % 1_000_000);
const TRACE = process.env.CONSERVATION_TRACE;
const STEPS = Number(process.env.CONSERVATION_STEPS ?? 130);
/** A file has 280 seconds unless TAP_TIMEOUT says otherwise. */
const TIMEOUT_MS = Math.max(270_000, RUNS * 8_000);
/** Sequences on one database: what they leave is read again after each. */
const RUNS_A_STAGE = 20;

const ACTS: Readonly<Record<string, Doing>> = { ...STOCK_ACTS, ...MANIFEST_ACTS };
const WEIGHTS: Readonly<Record<string, number>> = {
  generation: 6,
  label: 9,
  nest: 2,
  empty: 1,
  storageMove: 3,
  treatment: 3,
  reversal: 1,
  draft: 7,
  advance: 40,
  issue: 4,
  void: 1,
  pickup: 4,
  pickupConfirmation: 1,
  handover: 2,
  transitStorage: 3,
  departure: 1,
  arrival: 3,
  receipt: 4,
  returnLoad: 2,
  returnReceipt: 2,
  followUp: 4,
  incident: 5,
  plan: 2,
  resolution: 2,
  correction: 8,
  approval: 3,
  noToCorrection: 1,
  trip: 3,
  weigh: 4,
};

/** Every answer counts, those of steps on the way to the act too. @returns what was wrong about the answers. */
async function play(scene: Scene, steps: readonly Step[]): Promise<string[]> {
  for (const [index, step] of steps.entries()) {
    scene.clock.advanceMs(60_000);
    await ACTS[step.act]!(playOf(scene, step));
    if (scene.wrong.length > 0) return scene.wrong.map((what) => `step ${index}, ${step.act}: ${what}`);
  }
  return [];
}

/** @returns every law that does not hold, with a few examples. */
async function broken(scene: Scene): Promise<string[]> {
  const { rows } = playOf(scene, { act: '', throws: [] });
  const found: string[] = [];
  for (const [law, sql] of Object.entries(LAWS)) {
    const examples = await rows(`${sql} limit 3`, [...scene.callers.keys()], scene.since);
    if (examples.length > 0) found.push(`${law}: ${JSON.stringify(examples)}`);
  }
  const reader = { scene, rows };
  return [...found, ...(await misplaced(reader)), ...(await strayed(reader)), ...(await fatesOf(scene, rows))];
}

/** What became of everything that was accepted: shares add up to it, and to 1000. */
async function fatesOf(scene: Scene, rows: Play['rows']): Promise<string[]> {
  const found: string[] = [];
  for (const { id, consignor_id, lines } of await manifestsOf({ scene, rows })) {
    if (lines.every(({ acceptedGrams }) => !acceptedGrams)) continue;
    const fate = ok(await scene.callers.get(consignor_id)!.get(`/v1/manifests/${id}/fate`));
    for (const [index, line] of fate.lines.entries()) {
      const accepted = lines[index]!.acceptedGrams;
      if (line.receivedGrams !== accepted) found.push(`fate of ${id}: received ${line.receivedGrams}, not ${accepted}`);
      const wholes = [{ grams: line.receivedGrams, parts: line.parts }, ...line.residues];
      for (const { grams, parts } of wholes as { grams: number; parts: { grams: number; permille: number }[] }[]) {
        const [together, permille] = [sum(parts.map((part) => part.grams)), sum(parts.map((part) => part.permille))];
        if (together !== grams || (grams > 0 && permille !== 1_000))
          found.push(`fate of ${id}: ${together} g and ${permille} permille of ${grams} g`);
      }
    }
  }
  return found;
}

const stepsToPlay = fc.noBias(stepsOf(WEIGHTS, STEPS));

async function holds(base: TestService, seed: number, runs: number, tally: Tally): Promise<void> {
  const known = new Set<string>();
  await fc.assert(
    fc.asyncProperty(stepsToPlay, async (steps) => {
      const scene = await aScene(base, tally);
      const answers = await play(scene, steps);
      await jobsDone(base.service);
      const { differences } = await checkRebuild(base.databaseUrl);
      const news = differences.filter((difference) => !known.has(difference));
      for (const difference of news) known.add(difference);
      const wrong = [...answers, ...(await broken(scene)), ...news.map((difference) => `rebuilt: ${difference}`)];
      if (wrong.length === 0) return;
      if (TRACE) writeFileSync(TRACE, scene.trace.join('\n'));
      throw new Error(wrong.slice(0, 8).join('\n'));
    }),
    { numRuns: runs, seed, endOnFailure: process.env.CONSERVATION_SHRINK === undefined },
  );
}

t.test(`random sequences conserve mass for every owner (seed ${SEED})`, { timeout: TIMEOUT_MS }, async (t) => {
  const tally: Tally = new Map();
  for (let done = 0; done < RUNS; done += RUNS_A_STAGE)
    await t.test(`from ${done}`, { timeout: TIMEOUT_MS }, async (t) => {
      await holds(await aStage(t), SEED + done, Math.min(RUNS_A_STAGE, RUNS - done), tally);
    });
  const never = [...tally].filter(([, { accepted }]) => accepted === 0).map(([act]) => act);
  if (RUNS >= 100) t.same(never, [], 'every act was accepted at least once');
  t.comment(Object.fromEntries([...tally].map(([act, { accepted, refused }]) => [act, `${accepted} + ${refused}`])));
});
