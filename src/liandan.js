#!/usr/bin/env node
// `npx liandan`: registers tsx from beside this file, so that it works from any directory, and hands over to cli.ts.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) });
const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2));
