import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';

/** docker-compose.yml and Dockerfile as data, read as Docker reads them, for machines that have no Docker. */
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

export interface ComposeService {
  readonly build?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
}

export interface Dockerfile {
  readonly copied: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly command: readonly string[];
  /** Without its leading CMD. */
  readonly healthcheck: readonly string[];
}

/** @throws Error with the message of a `${VAR:?message}` that has no value. */
export function readCompose(variables: Readonly<Record<string, string>>): Compose {
  return interpolate(parse(read('docker-compose.yml'), { merge: true }), variables) as Compose;
}

export function readDockerfile(): Dockerfile {
  const lines = read('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  const all = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const variables = all('ENV')
    .flatMap((line) => line.split(/\s+/))
    .map((pair) => pair.split('=') as [string, string]);
  return {
    copied: all('COPY').flatMap((line) => line.split(/\s+/).slice(0, -1)),
    environment: Object.fromEntries(variables),
    user: all('USER').at(-1),
    command: JSON.parse(all('CMD').at(-1) ?? '[]') as string[],
    healthcheck: JSON.parse(/\bCMD (\[.*\])/.exec(all('HEALTHCHECK').at(-1) ?? '')?.[1] ?? '[]') as string[],
  };
}

/** Everything that would stop `docker compose up` before a process of ours runs; empty when nothing would. */
export function composeFaults(): string[] {
  const faults: string[] = [];
  const compose = readCompose({ POSTGRES_PASSWORD: 'letters0and1digits' });
  faults.push(...schemaFaults(compose));
  const refused = attempt(() => readCompose({}));
  if (!refused?.includes('must be set')) faults.push('docker-compose.yml starts without a password being chosen');
  const dockerfile = readDockerfile();
  for (const [name, service] of Object.entries(compose.services).filter(([, { build }]) => build !== undefined)) {
    faults.push(...environmentFaults(name, { ...dockerfile.environment, ...service.environment }));
  }
  const sent = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'));
  for (const source of dockerfile.copied) {
    if (!existsSync(join(CHECKOUT, source))) faults.push(`Dockerfile copies ${source}, which is not there`);
    if (!sent.includes(`!${source.replace(/^\.\//, '')}`)) faults.push(`.dockerignore keeps ${source} from Docker`);
  }
  if (!dockerfile.user || dockerfile.user === 'root') faults.push('Dockerfile runs the service as root');
  const script = dockerfile.command.at(-1) ?? '';
  if (!existsSync(join(CHECKOUT, script))) faults.push(`Dockerfile starts ${script}, which is not there`);
  return faults;
}

/** Against the published schema, vendored beside this file; the formats are Compose's own. */
function schemaFaults(compose: Compose): string[] {
  const ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    formats: {
      duration: /^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/,
      ports: /^[\d.:[\]a-f-]+(\/(tcp|udp))?$/,
      expose: /^\d+(-\d+)?(\/(tcp|udp))?$/,
      subnet_ip_address: true,
    },
  });
  const validate = ajv.compile(JSON.parse(read('test/support/compose-spec.json')) as object);
  if (validate(compose)) return [];
  return (validate.errors ?? []).map((error) => `docker-compose.yml ${error.instancePath}: ${error.message}`);
}

/** A variable that config.ts does not know would be set in vain. */
function environmentFaults(name: string, environment: Readonly<Record<string, string>>): string[] {
  const trouble = attempt(() => readConfig(environment));
  if (trouble) return [`${name}: ${trouble}`];
  const known = readConfig(environment);
  return Object.keys(environment)
    .filter((key) => !(key in known))
    .map((key) => `${name}: config.ts knows no ${key}`);
}

/** `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `$$` in every string. */
function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((one) => interpolate(one, variables));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolate(one, variables)]));
  if (typeof value !== 'string') return value;
  return value.replace(/\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g, (whole, name?: string, mark?: string, rest = '') => {
    if (name === undefined) return whole.slice(1);
    const given = variables[name];
    if (given) return given;
    if (mark === '?') throw new Error(`${name} ${rest}`);
    return mark === '-' ? rest : '';
  });
}

function attempt(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function read(path: string): string {
  return readFileSync(join(CHECKOUT, path), 'utf8');
}
