#!/usr/bin/env node
// `npx liandan`: hands over to cli.ts.
import './typescript.js';

const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2));
