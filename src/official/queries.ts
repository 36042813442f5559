/** What of ours a record may speak of. Reads tables of other slices, writes none. */
import type pg from 'pg';
import { addDays, dayInShanghai } from '../catalogue/calendar.ts';
import { STREAMS } from '../catalogue/streams.ts';
import type { Manifest } from '../manifests/manifest.ts';
import { manifestsById } from '../manifests/queries.ts';
import { audienceOfManifest } from '../manifests/seen-by.ts';
import { jurisdictionOf } from '../parties/repository.ts';
import { groupBy } from '../platform/collections.ts';
import type { Database } from '../platform/connections.ts';
import { earliestIdOf } from '../platform/ids.ts';
import { type Fields, type Mapping, statusesOf } from './mappings.ts';
import type { Ours } from './rules.ts';

/** Whose records they are: a party is shown what it stands on, an authority what starts, passes or ends in its jurisdiction. */
export interface Owner {
  readonly partyId: string;
  /** Null for a party that watches nothing. */
  readonly regions: ReadonlySet<string> | null;
  readonly streams: readonly string[];
}

export async function ownerOf(database: Database, partyId: string): Promise<Owner> {
  const { regions, streams } = await jurisdictionOf(database, { actor: { party: partyId }, role: 'regulator' });
  return regions.length === 0
    ? { partyId, regions: null, streams: STREAMS }
    : { partyId, regions: new Set(regions), streams };
}

function isShown(manifest: Manifest, { partyId, regions, streams }: Owner): boolean {
  const audience = audienceOfManifest(manifest);
  if (regions === null) return audience.partyIds.includes(partyId);
  return streams.includes(manifest.stream) && audience.regions.some((region) => regions.has(region));
}

export interface Asked {
  readonly id: string;
  readonly system: string;
  readonly fields: Fields;
}

export interface Found {
  readonly id: string;
  readonly ours: Ours;
}

const text = (value: string | number | boolean | undefined): string | null =>
  typeof value === 'string' ? value : null;

/** By the official number it was told to have, else by our own number where the export has it. */
const BY_NUMBER_SQL = `select g.id, m.id as "manifestId" from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as g(id, system, number, local)
  cross join lateral (
    select id from manifests where official_number is not null
      and official_records @> jsonb_build_array(jsonb_build_object('system', g.system, 'number', g.number))
    union select id from manifests where number = g.local
  ) m`;

/** By a number of ours that stands where the official one should: typed in over there, or entered from our printed form. */
const BY_OWN_NUMBER_SQL = `select g.id, m.id as "manifestId" from unnest($1::text[], $2::text[]) as g(id, number)
  join manifests m on m.number = g.number`;

/** Parties by their codes, the waste, the day it left and a mass that was said of it: as like as two loads can be. */
const ALIKE_SQL = `select g.id, m.id as "manifestId"
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::uuid[], $8::uuid[]) as g(id, consignor, consignee, code, grams, day, first_id, last_id)
  join parties c on c.uscc = g.consignor join parties e on e.uscc = g.consignee
  cross join unnest('{open,closed}'::text[]) as t(stage) cross join unnest($9::text[]) as w(stream)
  cross join lateral (
    select a.id from audience a where a.scope = c.id and a.kind = 'manifest' and a.stage = t.stage and a.stream = w.stream
      and a.id >= g.first_id and a.id < g.last_id order by a.id limit 2000
  ) a
  join manifests m on m.id = a.id and m.consignor_id = c.id and m.consignee_id = e.id and m.official_number is null
  where to_char(coalesce(m.picked_up_at, m.issued_at) at time zone 'Asia/Shanghai', 'YYYY-MM-DD') = g.day
    and exists (select from jsonb_array_elements(m.lines) l where l->>'wasteCode' = g.code
      and g.grams in ((l->>'declaredGrams')::bigint, (l->>'pickedUpGrams')::bigint, (l->>'acceptedGrams')::bigint))`;

/** A manifest is drafted some time before the load leaves; on paper it is entered after it. */
const DRAFTED_BEFORE_DAYS = 60;
const ENTERED_AFTER_DAYS = 60;
const CANDIDATES_MAX = 10;

type Pair = { readonly id: string; readonly manifestId: string };

/** The manifests each record may speak of, as its owner may see them. `byNumber` says that it names them. */
export async function manifestsFor(
  database: Database,
  owner: Owner,
  asked: readonly Asked[],
  mapping: Mapping | undefined,
): Promise<ReadonlyMap<string, { readonly byNumber: boolean; readonly found: readonly Found[] }>> {
  const { pool } = database;
  const { rows: named } = await pool.query<Pair>(BY_NUMBER_SQL, [
    asked.map(({ id }) => id),
    asked.map(({ system }) => system),
    asked.map(({ fields }) => text(fields.number)),
    asked.map(({ fields }) => text(fields.localNumber)),
  ]);
  const shown = new Map<string, Manifest>();
  const show = async (pairs: readonly Pair[]): Promise<void> => {
    const ids = [...new Set(pairs.map(({ manifestId }) => manifestId))].filter((id) => !shown.has(id));
    for (const manifest of await manifestsById(pool, ids))
      if (isShown(manifest, owner)) shown.set(manifest.id, manifest);
  };
  await show(named);
  const byNumber = groupBy(
    named.filter(({ manifestId }) => shown.has(manifestId)),
    ({ id }) => id,
  );
  const unnamed = asked.filter(({ id }) => !byNumber.has(id));
  const { rows: ownNumbers } = await pool.query<Pair>(BY_OWN_NUMBER_SQL, [
    unnamed.map(({ id }) => id),
    unnamed.map(({ fields }) => text(fields.number)),
  ]);
  const alike = [...ownNumbers, ...(await alikeFor(pool, unnamed))];
  await show(alike);
  const byLikeness = groupBy(
    alike.filter(({ manifestId }) => shown.has(manifestId)),
    ({ id }) => id,
  );
  const parties = await partiesOf(pool, [...shown.values()]);
  return new Map(
    asked.map(({ id, fields }) => {
      const ids = new Set((byNumber.get(id) ?? byLikeness.get(id) ?? []).map(({ manifestId }) => manifestId));
      const found = [...ids].slice(0, CANDIDATES_MAX).map((manifestId) => ({
        id: manifestId,
        ours: oursOf(shown.get(manifestId)!, fields, parties, mapping),
      }));
      return [id, { byNumber: byNumber.has(id), found }];
    }),
  );
}

async function alikeFor(pool: pg.Pool, asked: readonly Asked[]): Promise<Pair[]> {
  const whole = asked.filter(
    ({ fields: { consignorUscc, consigneeUscc, wasteCode, massGrams, transferredOn } }) =>
      consignorUscc && consigneeUscc && wasteCode && massGrams !== undefined && transferredOn,
  );
  if (whole.length === 0) return [];
  const idNear = (day: string, days: number) => earliestIdOf(new Date(`${addDays(day, days)}T00:00:00+08:00`));
  const of = (field: keyof Fields) => whole.map(({ fields }) => fields[field]);
  const days = whole.map(({ fields }) => fields.transferredOn as string);
  const { rows } = await pool.query<Pair>(ALIKE_SQL, [
    whole.map(({ id }) => id),
    of('consignorUscc'),
    of('consigneeUscc'),
    of('wasteCode'),
    of('massGrams'),
    days,
    days.map((day) => idNear(day, -DRAFTED_BEFORE_DAYS)),
    days.map((day) => idNear(day, ENTERED_AFTER_DAYS)),
    STREAMS,
  ]);
  return rows;
}

type Codes = ReadonlyMap<string, string | null>;

async function partiesOf(pool: pg.Pool, manifests: readonly Manifest[]): Promise<Codes> {
  const ids = manifests.flatMap(({ consignorId, consigneeId, legs }) => [
    consignorId,
    consigneeId,
    ...legs.map(({ carrierId }) => carrierId),
  ]);
  const { rows } = await pool.query<{ id: string; uscc: string | null }>(
    'select id, uscc from parties where id = any($1::uuid[])',
    [[...new Set(ids)]],
  );
  return new Map(rows.map(({ id, uscc }) => [id, uscc]));
}

/** The manifest in the words of an export. A party without a code, or a moment that has not come, says nothing. */
function oursOf(manifest: Manifest, fields: Fields, codes: Codes, mapping: Mapping | undefined): Ours {
  const { lines, legs, status, consignorId, consigneeId } = manifest;
  const sameCode = lines.filter(({ wasteCode }) => wasteCode === fields.wasteCode);
  const [named] = sameCode.filter(({ name }) => name === fields.wasteName);
  const meant = named && sameCode.length > 1 ? [named] : sameCode;
  const sum = (grams: (line: (typeof lines)[number]) => number | null): number | undefined => {
    const told = meant.map(grams);
    return told.length === 0 || told.includes(null) ? undefined : told.reduce<number>((total, one) => total + one!, 0);
  };
  const day = (instant: Date | null) => (instant ? dayInShanghai(instant) : undefined);
  const carriers = legs.flatMap(({ carrierId }) => codes.get(carrierId) ?? []);
  const plates = legs.flatMap(({ plate }) => plate ?? []);
  const statuses = mapping && statusesOf(mapping, fields);
  return {
    wasteCode: lines.map(({ wasteCode }) => wasteCode),
    massGrams: sum(({ declaredGrams }) => declaredGrams),
    acceptedGrams: sum(({ acceptedGrams }) => acceptedGrams),
    consignorUscc: codes.get(consignorId) ?? undefined,
    consigneeUscc: codes.get(consigneeId) ?? undefined,
    carrierUscc: carriers.length > 0 ? carriers : undefined,
    plate: plates.length > 0 ? plates : undefined,
    transferredOn: day(manifest.pickedUpAt),
    receivedOn: day(manifest.acceptedAt),
    status: !statuses || statuses.includes(status) ? undefined : status,
  };
}

const PARTIES_SQL = `select g.id, p.id as "partyId", p.name, p.uscc, p.region, p.uscc is not distinct from g.uscc and g.uscc is not null as "byCode",
    d.party_id = p.id as decided
  from unnest($1::uuid[], $2::text[], $3::text[]) as g(id, uscc, name)
  left join official_parties d on d.id = g.id
  join lateral (
    select id, name, uscc, region from parties where id = d.party_id
    union select id, name, uscc, region from parties where uscc = g.uscc
    union select id, name, uscc, region from parties where plain_party_name(name) = plain_party_name(g.name) and (uscc is null or g.uscc is null)
  ) p on true`;

/** Records that somebody decided to leave alone. */
export async function ignoredAmong(pool: pg.Pool, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    "select id from official_parties where decision = 'ignored' and id = any($1::uuid[])",
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

export interface PartyFound extends Found {
  /** The same code, or somebody decided that they are one; a name alone only suggests it. */
  readonly sure: boolean;
}

/** The parties each record may speak of. */
export async function partiesFor(
  pool: pg.Pool,
  asked: readonly Asked[],
): Promise<ReadonlyMap<string, readonly PartyFound[]>> {
  interface PartyRow {
    readonly id: string;
    readonly partyId: string;
    readonly name: string;
    readonly uscc: string | null;
    readonly region: string;
    readonly byCode: boolean;
    readonly decided: boolean | null;
  }
  const { rows } = await pool.query<PartyRow>(PARTIES_SQL, [
    asked.map(({ id }) => id),
    asked.map(({ fields }) => text(fields.uscc)),
    asked.map(({ fields }) => text(fields.name)),
  ]);
  const byRecord = groupBy(rows, ({ id }) => id);
  return new Map(
    asked.map(({ id }) => {
      const all = byRecord.get(id) ?? [];
      const decided = all.filter((row) => row.decided);
      const chosen =
        decided.length > 0 ? decided : all.some(({ byCode }) => byCode) ? all.filter(({ byCode }) => byCode) : all;
      return [
        id,
        chosen.slice(0, CANDIDATES_MAX).map(({ partyId, name, uscc, region, byCode, decided: isDecided }) => ({
          id: partyId,
          ours: { name, uscc, region },
          sure: byCode || isDecided === true,
        })),
      ];
    }),
  );
}
