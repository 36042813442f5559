/** How many acts a transaction carries, from the service's own metrics. */
export interface Groups {
  readonly acts: number;
  readonly groups: number;
}

export async function readGroups(metricsPort: number): Promise<Groups> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { acts: value('liandan_acts_total'), groups: value('liandan_group_seconds_count') };
}

export const actsPerGroup = (before: Groups, after: Groups): number =>
  (after.acts - before.acts) / (after.groups - before.groups);
