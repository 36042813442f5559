import type { Projection, Statement } from '../platform/acts.ts';
import { compareText } from '../platform/collections.ts';

/**
 * Who finds what in lists. Every kind that is listed says for its state which parties and counties it concerns and in
 * which stage it is; the rows follow from that with each act.
 */
export const STAGES = ['draft', 'open', 'closed', 'void'] as const;

export interface Audience {
  readonly stage: (typeof STAGES)[number];
  readonly partyIds: readonly string[];
  /** County codes as recorded; a jurisdiction looks for every code that lies in it today. */
  readonly regions: readonly string[];
  /** A regulator watches some. */
  readonly stream: string;
}

export interface AudienceRow {
  readonly op: 'put' | 'drop';
  readonly scope: string;
  readonly kind: string;
  readonly stage: string;
  readonly id: string;
  readonly stream: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each kind's own state.
export type AudienceOf = Readonly<Record<string, (state: any) => Audience>>;

/** Counties share the uuid column with parties: the code stands in the last digits. */
export const regionScope = (region: string): string => `00000000-0000-0000-0000-${region.padStart(12, '0')}`;

export function audienceRows(
  audienceOf: AudienceOf,
  kind: string,
  state: { id: string } | undefined,
): Omit<AudienceRow, 'op'>[] {
  const audience = state && audienceOf[kind]?.(state);
  if (!audience) return [];
  const scopes = new Set([...audience.partyIds, ...audience.regions.map(regionScope)]);
  return [...scopes].map((scope) => ({ scope, kind, stage: audience.stage, id: state.id, stream: audience.stream }));
}

export function audienceProjection(audienceOf: AudienceOf): Projection<AudienceRow> {
  return {
    name: 'audience',
    rowsOf(event, before, after) {
      const kind = event.subject.kind;
      if (!audienceOf[kind] || isSame(before && audienceOf[kind](before), audienceOf[kind](after))) return [];
      const was = new Map(audienceRows(audienceOf, kind, before).map((row) => [keyOf(row), row]));
      const is = new Map(audienceRows(audienceOf, kind, after).map((row) => [keyOf(row), row]));
      const drops = [...was].filter(([key]) => !is.has(key)).map(([, row]) => ({ ...row, op: 'drop' as const }));
      const puts = [...is].filter(([key]) => !was.has(key)).map(([, row]) => ({ ...row, op: 'put' as const }));
      return [...drops, ...puts];
    },
    statements: (rows) => {
      const net = new Map<string, AudienceRow>();
      for (const row of rows) net.set(keyOf(row), row);
      const sorted = [...net].sort(([a], [b]) => compareText(a, b)).map(([, row]) => row);
      return [...statement('drop', sorted), ...statement('put', sorted)];
    },
  };
}

/** Most acts change nothing of it. */
const isSame = (a: Audience | undefined, b: Audience): boolean =>
  a?.stage === b.stage &&
  a.stream === b.stream &&
  a.partyIds.join() === b.partyIds.join() &&
  a.regions.join() === b.regions.join();

const keyOf = (row: Omit<AudienceRow, 'op'>): string => `${row.scope} ${row.kind} ${row.stage} ${row.stream} ${row.id}`;

const SQL = {
  drop: 'delete from audience a using unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[]) as d(scope, kind, stage, id, stream) where (a.scope, a.kind, a.stage, a.stream, a.id) = (d.scope, d.kind, d.stage, d.stream, d.id)',
  put: 'insert into audience (scope, kind, stage, id, stream) select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[]) on conflict do nothing',
};

function statement(op: 'put' | 'drop', all: readonly AudienceRow[]): Statement[] {
  const rows = all.filter((row) => row.op === op);
  if (rows.length === 0) return [];
  return [
    {
      name: `audience-${op}`,
      text: SQL[op],
      values: [
        rows.map((row) => row.scope),
        rows.map((row) => row.kind),
        rows.map((row) => row.stage),
        rows.map((row) => row.id),
        rows.map((row) => row.stream),
      ],
    },
  ];
}
