import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds that processes have used, as the kernel counts them in ticks of 10 ms (USER_HZ is 100 on Linux). */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which stands in brackets: state, ppid, … utime, stime, cutime, cstime at 11 to 14.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: fields[1]!, own: fields[11]! + fields[12]!, ended: fields[13]! + fields[14]! };
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** One process with all its threads. */
export const processSeconds = (pid: number): number => (statOf(pid)?.own ?? Number.NaN) / TICKS_PER_SECOND;

/** A postmaster and all its children, those that have ended included. */
export function treeSeconds(root: number): number {
  const stat = statOf(root);
  if (!stat) return Number.NaN;
  let ticks = stat.own + stat.ended;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const child = statOf(pid);
    if (child?.parent === root) ticks += child.own;
  }
  return ticks / TICKS_PER_SECOND;
}

/** What all processors of this machine have spent on anything. */
export function machineSeconds(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .split(/\s+/)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq!) / TICKS_PER_SECOND;
}
