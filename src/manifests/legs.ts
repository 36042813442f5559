import type { Projection } from '../platform/acts.ts';
import type { Manifest } from './manifest.ts';

/**
 * Legs (运输段) as a table: which plate carried which manifest from when to when, over all manifests. A projection of
 * the manifest's state, for what compares manifests with each other.
 */
export interface LegRow {
  readonly manifestId: string;
  /** From 1. */
  readonly leg: number;
  readonly carrierId: string;
  readonly plate: string | null;
  readonly tripId: string | null;
  readonly startedAt: Date;
  /** Null while it is on the road. */
  readonly endedAt: Date | null;
}

/** The legs that have begun. Pure. */
export function legRowsOf({ id, carrierId, plate, pickedUpAt, arrivedAt }: Manifest): LegRow[] {
  if (!pickedUpAt) return [];
  return [{ manifestId: id, leg: 1, carrierId, plate, tripId: null, startedAt: pickedUpAt, endedAt: arrivedAt }];
}

export const legsProjection: Projection<LegRow> = {
  name: 'legs',
  rowsOf(event, before, after) {
    if (event.subject.kind !== 'manifest') return [];
    const rows = legRowsOf(after as Manifest);
    const isSame = before && JSON.stringify(legRowsOf(before as Manifest)) === JSON.stringify(rows);
    return isSame ? [] : rows;
  },
  statements: (rows) => {
    const last = new Map<string, LegRow>();
    for (const row of rows) last.set(`${row.manifestId} ${row.leg}`, row);
    const sorted = [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return [
      {
        name: 'manifest-legs',
        text: `insert into manifest_legs (manifest_id, leg, carrier_id, plate, trip_id, started_at, ended_at)
          select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
          on conflict (manifest_id, leg) do update set carrier_id = excluded.carrier_id, plate = excluded.plate,
            trip_id = excluded.trip_id, started_at = excluded.started_at, ended_at = excluded.ended_at`,
        values: [
          sorted.map((row) => row.manifestId),
          sorted.map((row) => row.leg),
          sorted.map((row) => row.carrierId),
          sorted.map((row) => row.plate),
          sorted.map((row) => row.tripId),
          sorted.map((row) => row.startedAt.toISOString()),
          sorted.map((row) => row.endedAt?.toISOString() ?? null),
        ],
      },
    ];
  },
};
