// TypeScript as it is: Node reads it from 22.18 on, and before that tsx does (docs/decisions/0005-runtime.md). From any directory.
import { fileURLToPath } from 'node:url';

if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api');
  register({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) });
}
