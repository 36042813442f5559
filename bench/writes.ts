import type { Bench } from './bench.ts';
import { median } from './statistics.ts';
import { bareVariant, fedVariant, type Run, serviceVariant, type Variant, type VariantId } from './variants.ts';

/** The write variants interleaved (A B C D, A B C D, …), each on a database of its own. */
export interface WriteFigures {
  readonly id: VariantId;
  readonly what: string;
  readonly connections: number;
  /** Medians over the runs. */
  readonly median: Run;
  readonly runs: readonly Run[];
}

export interface WriteResults {
  readonly figures: readonly WriteFigures[];
  /** Acts a second of what the best of each floor was chosen from. */
  readonly choices: Readonly<Record<string, number>>;
}

export async function measureWrites(bench: Bench): Promise<WriteResults> {
  const choices: Record<string, number> = {};
  const bare = await bestOf(bench, choices, (size) => bareVariant(bench, size));
  const single = await bestOf(bench, choices, (size) =>
    serviceVariant(bench, 'b', `ours, one act a transaction, ${size} lanes`, {
      environment: { JOURNAL_GROUP_MAX: '1', JOURNAL_LANES: String(size) },
    }),
  );
  const fed = await fedVariant(bench);
  const ours = await serviceVariant(bench, 'd', 'ours', { connections: [64, 32, 1] });
  const alone = await serviceVariant(bench, 'e', 'ours, jobs in the same process', { hasWorker: false });
  const variants = [bare, single, fed, ours, alone];
  for (const variant of [fed, ours, alone]) {
    bench.say(`warming ${variant.what}`);
    await variant.measure(variant.connections[0]!, bench.scale.firstWarmUpMs);
  }
  const runs = new Map<string, Run[]>();
  for (let run = 1; run <= bench.scale.runs; run++) {
    for (const variant of variants) {
      for (const connections of variant.connections) {
        bench.say(`run ${run} of ${bench.scale.runs}: ${variant.what}, ${connections} in flight`);
        const key = `${variant.id} ${connections}`;
        runs.set(key, [...(runs.get(key) ?? []), await variant.measure(connections, bench.scale.warmUpMs)]);
      }
    }
  }
  for (const variant of variants) await variant.stop();
  const figures = variants.flatMap(({ id, what, connections: all }) =>
    all.map((connections): WriteFigures => {
      const phases = runs.get(`${id} ${connections}`)!;
      return { id, what, connections, median: medianOf(phases), runs: phases };
    }),
  );
  return { figures, choices };
}

/** Tries a floor in each size, leaves the best running and says in `choices` what each gave. */
async function bestOf(
  bench: Bench,
  choices: Record<string, number>,
  start: (size: number) => Promise<Variant>,
): Promise<Variant> {
  let best: { variant: Variant; perSecond: number } | undefined;
  for (const size of bench.scale.sizes) {
    const variant = await start(size);
    bench.say(`choosing: ${variant.what}`);
    const { perSecond } = await variant.measure(variant.connections[0]!, bench.scale.firstWarmUpMs / 2);
    choices[variant.what] = perSecond;
    const isBetter = !best || perSecond > best.perSecond;
    await (isBetter ? best?.variant : variant)?.stop();
    if (isBetter) best = { variant, perSecond };
  }
  return best!.variant;
}

function medianOf(phases: readonly Run[]): Run {
  const names = Object.keys(phases[0]!) as (keyof Run)[];
  const medians = names.map((name) => [name, median(phases.map((phase) => phase[name]))]);
  return Object.fromEntries(medians) as Run;
}
