import type { Projection } from '../platform/acts.ts';
import { compareText } from '../platform/collections.ts';
import type { Manifest } from './manifest.ts';

/** The legs that have begun and the ways back, as rows: which plate was where from when to when, for whoever looks for two at once. */
export interface LegRow {
  readonly manifestId: string;
  /** From 1; of what is brought back from -1 down, by remainder. */
  readonly leg: number;
  readonly carrierId: string;
  readonly plate: string | null;
  readonly tripId: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

export const legRowsOf = (manifest: Manifest): LegRow[] => [...ofLegs(manifest), ...ofReturns(manifest)];

const ofLegs = ({ id, legs, tripId }: Manifest): LegRow[] =>
  legs.flatMap(({ carrierId, plate, startedAt, endedAt }, index) =>
    startedAt === null
      ? []
      : [
          {
            manifestId: id,
            leg: index + 1,
            carrierId,
            plate,
            tripId: index === 0 ? tripId : null,
            startedAt: new Date(startedAt),
            endedAt: endedAt === null ? null : new Date(endedAt),
          },
        ],
  );

const ofReturns = ({ id, remainders }: Manifest): LegRow[] =>
  remainders.flatMap(({ carrierId, back }, index) =>
    back
      ? [
          {
            manifestId: id,
            leg: -1 - index,
            carrierId: carrierId!,
            plate: back.plate,
            tripId: null,
            startedAt: new Date(back.startedAt),
            endedAt: back.endedAt === null ? null : new Date(back.endedAt),
          },
        ]
      : [],
  );

export const legProjection: Projection<LegRow> = {
  name: 'legs',
  rowsOf(event, before, after) {
    if (event.subject.kind !== 'manifest') return [];
    const [was, is] = [before as Manifest | undefined, after as Manifest];
    return was?.legs === is.legs && was.remainders === is.remainders ? [] : legRowsOf(is);
  },
  statements: (rows) => {
    const last = new Map(rows.map((row) => [`${row.manifestId} ${row.leg}`, row]));
    const sorted = [...last].sort(([a], [b]) => compareText(a, b)).map(([, row]) => row);
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
