import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The walk-through of the README, as it is printed. */
export interface Step {
  /** The prose before the block. */
  readonly text: string;
  readonly commands: string;
}

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const TITLE = '## Walk-through';

/** Every ```bash block of a page for integrators, in order. */
export const stepsOfPage = (page: string): Step[] =>
  stepsIn(readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8'));

/** Every ```bash block of the walk-through, in order. @throws Error when the README has none. */
export function stepsOfReadme(): Step[] {
  const section = readFileSync(README, 'utf8')
    .split(/^(?=## )/m)
    .find((part) => part.startsWith(TITLE));
  if (!section) throw new Error(`the README has no section “${TITLE}”`);
  return stepsIn(section);
}

function stepsIn(section: string): Step[] {
  const parts = section.split(/^```bash\n([\s\S]*?)^```\n/m);
  return Array.from({ length: (parts.length - 1) / 2 }, (_, index) => ({
    text: parts[2 * index]!.trim(),
    commands: parts[2 * index + 1]!,
  }));
}

const MARK = '=== the next block ===';
const RUN_MS_MAX = 60_000;

export interface Run {
  /** What each block printed. */
  readonly outputs: readonly string[];
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Runs the blocks in one bash, as a reader would, and stops at the first command that fails. */
export async function runSteps(steps: readonly Step[], directory: string): Promise<Run> {
  const child = spawn('bash', ['-eu', '-o', 'pipefail', '-s'], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, LANG: 'C.UTF-8' },
    timeout: RUN_MS_MAX,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(steps.map(({ commands }) => `${commands}\necho; echo '${MARK}'\n`).join(''));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return {
    outputs: stdout
      .split(`${MARK}\n`)
      .slice(0, -1)
      .map((output) => output.trim()),
    exitCode,
    stderr,
  };
}
