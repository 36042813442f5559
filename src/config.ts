import { z } from 'zod';

/**
 * The environment as one schema. This file is the only reader of process.env; behaviour depends on nothing else that
 * surrounds the process.
 */
const Environment = z
  .object({
    /** Postgres ≥ 15. Absent: the service runs its own. */
    DATABASE_URL: z.url().optional(),
    /** Redis ≥ 6.2 for the job queue. Absent: jobs run in this process, straight from the outbox. */
    REDIS_URL: z.url().optional(),
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65535).default(3000),
    /** Which half of the service this process is. */
    ROLE: z.enum(['api', 'worker', 'both']).default('both'),
    /** Where the service's own Postgres keeps its data; used only without DATABASE_URL. */
    DATA_DIRECTORY: z.string().optional(),
    /** Account the embedded Postgres runs as when the service is started by root. */
    EMBEDDED_PG_USER: z.string().optional(),
    /** Absent: info; warn for a person at a terminal or with the service's own database. */
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
    /** Prometheus metrics, on loopback only. 0 turns the port off. */
    METRICS_PORT: z.coerce.number().int().min(0).max(65535).default(0),
    /** Requests one API key may make in a minute before it is answered 429. */
    RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(12_000),
    /** Requests one address may make in a minute before a valid key is known: guards key guessing. */
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: z.coerce.number().int().min(1).default(600),
    BODY_LIMIT_BYTES: z.coerce.number().int().min(1024).default(1_048_576),
    /** Of one bulk: its lines, the characters of one of them, its bytes; and how many bulks of a party may be open at once. */
    BULK_LINES_MAX: z.coerce.number().int().min(1).default(200_000),
    BULK_LINE_LENGTH_MAX: z.coerce.number().int().min(100).default(65_536),
    BULK_BYTES_MAX: z.coerce.number().int().min(1024).default(268_435_456),
    BULKS_OPEN_MAX: z.coerce.number().int().min(1).default(20),
    REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).default(30_000),
    /** Transactions the journal keeps in flight at once. */
    JOURNAL_LANES: z.coerce.number().int().min(1).max(16).default(2),
    /** Acts one transaction may carry. */
    JOURNAL_GROUP_MAX: z.coerce.number().int().min(1).max(128).default(128),
    /** Jobs one process runs at once. */
    JOB_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(64),
    /** How long a job may be with a worker before it is offered again: a killed worker's jobs wait this long. */
    JOB_LEASE_SECONDS: z.coerce.number().int().min(4).max(3_600).default(60),
    /** The instance above this one (district → city), told of every manifest as it changes. Absent: none. */
    UPSTREAM_URL: z.url().optional(),
    /** Key this instance was given there: of a regulator, for its jurisdiction. */
    UPSTREAM_KEY: z.string().optional(),
    /** Only manifests that start or end in this region go up. Absent: all. */
    UPSTREAM_REGION: z
      .string()
      .regex(/^\d{6}$/)
      .optional(),
    /** Play the demonstration when the service's own database is empty. Never with DATABASE_URL. */
    DEMO: z.enum(['on', 'off']).default('on'),
  })
  .refine(({ UPSTREAM_URL, UPSTREAM_KEY }) => (UPSTREAM_URL === undefined) === (UPSTREAM_KEY === undefined), {
    path: ['UPSTREAM_KEY'],
    error: 'UPSTREAM_URL 与 UPSTREAM_KEY 须同时设置\nUPSTREAM_URL and UPSTREAM_KEY go together',
  });

/** Where programs are found. Postgres gets it and nothing else of our environment. */
export const searchPath = (): string => process.env.PATH ?? '/usr/bin:/bin';

export type Config = z.infer<typeof Environment>;

/** @throws Error with one line per wrong variable, in both languages. */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message.replace('\n', ' · ')}`);
  throw new Error(`环境变量不合要求 The environment does not fit:\n${lines.join('\n')}`);
}
