import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics, served on loopback only. */
export interface Metrics {
  readonly observeRequest: (request: { operation: string; status: number; seconds: number }) => void;
  readonly observeGroup: (group: { acts: number; seconds: number }) => void;
  readonly observeJob: (job: { job: string; outcome: string }) => void;
  readonly gauge: (name: string, help: string, read: () => number | Promise<number>) => void;
  readonly registry: Registry;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'liandan_request_seconds',
    help: 'Time to answer, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const groups = new Histogram({
    name: 'liandan_group_seconds',
    help: 'Time a group of acts takes to commit.',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2],
    registers,
  });
  const acts = new Counter({ name: 'liandan_acts_total', help: 'Acts that went through the journal.', registers });
  const jobs = new Counter({
    name: 'liandan_jobs_total',
    help: 'Jobs, by outcome.',
    labelNames: ['job', 'outcome'],
    registers,
  });
  return {
    registry,
    observeRequest: ({ operation, status, seconds }) =>
      requests.observe({ operation, status: String(status) }, seconds),
    observeGroup: (group) => {
      groups.observe(group.seconds);
      acts.inc(group.acts);
    },
    observeJob: (job) => jobs.inc(job),
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read());
        },
      });
    },
  };
}

/** @returns the listening server; it answers GET /metrics and nothing else. */
export async function serveMetrics(metrics: Metrics, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(await metrics.registry.metrics());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}
