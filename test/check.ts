import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run check`: what can be known of the code without running the service. One line a step; the output of a step is
 * shown when it fails. Closes with `N passed, N failed`.
 */
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const STEP_WAIT_MS = 300_000;

type Outcome = { readonly ok: boolean; readonly output: string };

const STEPS: readonly { readonly name: string; run(): Promise<Outcome> }[] = [
  {
    name: 'format and lint',
    run: () => node('node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--max-diagnostics=40'),
  },
  { name: 'types', run: () => node('node_modules/tsc7/bin/tsc', '--noEmit', '-p', 'tsconfig.json') },
  { name: 'architecture', run: () => node('--import', 'tsx', 'test/architecture.test.ts') },
  { name: 'dead code', run: () => node('node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints') },
  { name: 'containers', run: checkContainers },
  { name: 'migrations', run: checkMigrations },
];

async function main(): Promise<void> {
  let failed = 0;
  for (const { name, run } of STEPS) {
    const startedAt = performance.now();
    const { ok, output } = await run().catch((error: Error) => ({ ok: false, output: error.stack ?? error.message }));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
    if (ok) continue;
    failed += 1;
    process.stdout.write(`${output.trimEnd().replace(/^/gm, '    ')}\n`);
  }
  process.stdout.write(`${STEPS.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function checkContainers(): Promise<Outcome> {
  const { composeFaults } = await import('./support/compose.ts');
  const faults = composeFaults();
  return { ok: faults.length === 0, output: faults.join('\n') };
}

/** Asks drizzle-kit for the migration still missing between tables.ts and a copy of migrations/; there should be none. */
async function checkMigrations(): Promise<Outcome> {
  const workshop = mkdtempSync(join(tmpdir(), 'liandan-migrations-'));
  try {
    cpSync(join(CHECKOUT, 'migrations'), join(workshop, 'migrations'), { recursive: true });
    const ours = JSON.stringify(join(CHECKOUT, 'drizzle.config.ts'));
    // drizzle-kit puts ./ before `out`, so an absolute path would not do.
    const out = JSON.stringify(relative(CHECKOUT, join(workshop, 'migrations')));
    const config = join(workshop, 'drizzle.config.ts');
    writeFileSync(config, `import config from ${ours};\nexport default { ...config, out: ${out} };\n`);
    const { ok, output } = await node('node_modules/drizzle-kit/bin.cjs', 'generate', '--config', config);
    const isInStep = ok && output.includes('No schema changes');
    return { ok: isInStep, output: `${output}\ntables.ts and migrations/ differ: run npm run migration.` };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/** Runs a script of this checkout, with nobody at the keyboard. */
function node(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: CHECKOUT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: STEP_WAIT_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ ok: code === 0, output: signal ? `${output}\n${signal}` : output }),
    );
  });
}

await main();
