/** What an instance below told of its manifests: the highest version of each is kept, in whatever order they come. */
import type pg from 'pg';
import type { Caller } from '../platform/acts.ts';
import { canonicalText, sha256 } from '../platform/events.ts';
import { newUuid } from '../platform/ids.ts';
import { UNSTORABLE } from '../platform/journal.ts';
import { jsonTexts, jsonTextsSql } from '../platform/parameters.ts';
import { fieldErrors } from '../platform/schema-messages.ts';
import type { Refusal } from '../problems.ts';
import { ManifestSent } from './upward.ts';

export interface Watched {
  readonly regions: readonly string[];
  readonly streams: readonly string[];
}

export const OUTCOMES = ['kept', 'known', 'older', 'refused'] as const;
type Outcome = (typeof OUTCOMES)[number];

export interface ItemAnswer {
  readonly manifestId: string;
  readonly outcome: Outcome;
  readonly refusal?: Refusal;
}

interface Known {
  readonly manifestId: string;
  readonly version: number;
  readonly headHash: string;
  readonly hash: string;
}

const KNOWN_SQL = `select manifest_id as "manifestId", version, record->>'headHash' as "headHash", encode(content_hash, 'hex') as hash
  from received_manifests where source_id = $1 and manifest_id = any($2::uuid[]) order by manifest_id for update`;

const PUT_SQL = `insert into received_manifests (id, source_id, key_id, manifest_id, version, stream, status, number, official_number, origin_region, destination_region,
    record, content_hash, first_received_at, received_at)
  select g.id, $1, $2, (r->>'manifestId')::uuid, (r->>'version')::int, r->>'stream', r->>'status', r->>'number', r->>'officialNumber', r->>'originRegion',
    r->>'destinationRegion', r, g.hash, $3, $3
  from unnest($4::uuid[], ${jsonTextsSql(5)}::jsonb[], $6::bytea[]) as g(id, r, hash)
  on conflict (source_id, manifest_id) do update set key_id = excluded.key_id, version = excluded.version, stream = excluded.stream, status = excluded.status,
    number = excluded.number, official_number = excluded.official_number, origin_region = excluded.origin_region,
    destination_region = excluded.destination_region, record = excluded.record, content_hash = excluded.content_hash, received_at = excluded.received_at
  where received_manifests.version <= excluded.version`;

/** Each item is judged by itself: one that is wrong stops none of the others. One instance's batches go one after the other. */
export async function receiveManifests(
  pool: pg.Pool,
  caller: Caller,
  watched: Watched,
  sent: readonly unknown[],
  now: Date,
): Promise<ItemAnswer[]> {
  const read = sent.map((item, index) => readItem(item, index, watched));
  const whole = read.flatMap((one) => ('item' in one ? [one.item] : []));
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query("select pg_advisory_xact_lock(hashtext('received manifests'), hashtext($1))", [
      caller.actor.party,
    ]);
    const { rows } = await client.query<Known>(KNOWN_SQL, [
      caller.actor.party,
      whole.map(({ manifestId }) => manifestId),
    ]);
    const known = new Map(rows.map((row) => [row.manifestId, row]));
    const toPut = new Map<string, { readonly text: string; readonly hash: Buffer }>();
    const answers = read.map((one): ItemAnswer => {
      if (!('item' in one)) return one;
      const { item } = one;
      const text = canonicalText(item);
      const hash = sha256(text);
      const { manifestId, version, headHash } = item;
      const answer = judge(item, hash.toString('hex'), known.get(manifestId));
      if (answer.outcome === 'kept') {
        toPut.set(manifestId, { text, hash });
        known.set(manifestId, { manifestId, version, headHash, hash: hash.toString('hex') });
      }
      return answer;
    });
    const put = [...toPut.values()];
    if (put.length > 0)
      await client.query(PUT_SQL, [
        caller.actor.party,
        caller.actor.key ?? null,
        now,
        put.map(() => newUuid(now)),
        jsonTexts(put.map(({ text }) => text)),
        put.map(({ hash }) => hash),
      ]);
    await client.query('commit');
    return answers;
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

function judge({ manifestId, version, headHash }: ManifestSent, hash: string, known: Known | undefined): ItemAnswer {
  if (!known || version > known.version) return { manifestId, outcome: 'kept' };
  if (version < known.version) return { manifestId, outcome: 'older' };
  if (headHash !== known.headHash) return { manifestId, outcome: 'refused', refusal: otherHistory(version) };
  // The same history, and a party or site in it has another name since.
  return { manifestId, outcome: hash === known.hash ? 'known' : 'kept' };
}

function readItem(
  item: unknown,
  index: number,
  { regions, streams }: Watched,
): { readonly item: ManifestSent } | ItemAnswer {
  const { manifestId: given } = (item ?? {}) as { manifestId?: unknown };
  const manifestId = typeof given === 'string' ? given.slice(0, 40) : '';
  const refuse = (refusal: Refusal): ItemAnswer => ({ manifestId, outcome: 'refused', refusal });
  const parsed = ManifestSent.safeParse(item);
  if (!parsed.success) return refuse(unfit(fieldErrors(parsed.error.issues, `/items/${index}`)));
  if (UNSTORABLE.test(JSON.stringify(item))) return refuse(unfit([{ pointer: `/items/${index}`, detail: NO_TEXT }]));
  const { originRegion, destinationRegion, stream } = parsed.data;
  if (!streams.includes(stream) || !(regions.includes(originRegion) || regions.includes(destinationRegion)))
    return refuse(elsewhere(index));
  return { item: parsed.data };
}

const NO_TEXT = { zh: '含有 NUL 或不成对的代理字符', en: 'holds NUL or half of a surrogate pair' };

const unfit = (errors: NonNullable<Refusal['errors']>): Refusal => ({
  problem: 'invalid-input',
  detail: { zh: '此项不符合格式。', en: 'This item does not fit the schema.' },
  errors,
});

const elsewhere = (index: number): Refusal => ({
  problem: 'not-your-act',
  detail: {
    zh: '该联单的起点和终点都不在您的辖区和废物类别内。',
    en: 'This manifest neither starts nor ends in your jurisdiction and streams.',
  },
  errors: [
    { pointer: `/items/${index}/originRegion`, detail: { zh: '辖区内的区县', en: 'a county of your jurisdiction' } },
  ],
});

/** Two tales of the same version: the instance below was put back to an older state, or its history was written anew. */
const otherHistory = (version: number): Refusal => ({
  problem: 'version-mismatch',
  detail: {
    zh: `第 ${version} 版已收到，而其历史与此不同；下级平台的历史可能被回退或改写，请核查。`,
    en: `Version ${version} was received with another history: the instance below may have been put back or rewritten. Look into it.`,
  },
});
