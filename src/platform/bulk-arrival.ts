import { createHash } from 'node:crypto';
import type pg from 'pg';
import { Problem } from '../problems.ts';
import { csvLines, decoded, type Line, ndjsonLines } from './bulk-lines.ts';
import { acceptBulk, type BulkRow, beginBulk, bulkByKey, countOpen, dropBulk, putChunk } from './bulk-storage.ts';
import type { Clock } from './clock.ts';
import type { Actor } from './events.ts';
import { newUuid } from './ids.ts';

/** A file of acts on its way in: every chunk of it is stored before the next is read. It is done from the moment it is all there. */
export interface Arriving {
  readonly bytes: AsyncIterable<Buffer>;
  readonly format: BulkRow['format'];
  readonly charset: string | undefined;
  readonly onError: BulkRow['onError'];
  readonly key: string;
  readonly sender: Actor;
}

export interface BulkLimits {
  readonly linesMax: number;
  readonly lineLengthMax: number;
  readonly bytesMax: number;
  /** Of one party. */
  readonly openMax: number;
}

/** What one turn takes: little enough to be fair, enough that its last groups, which are small, do not count. */
export const CHUNK_LINES = 4_000;
const CHUNK_LENGTH_MAX = 4_000_000;

/** @throws Problem malformed-bulk, body-too-large, too-many-requests (bulks that are open), idempotency-key-reused. */
export async function receiveBulk(
  pool: pg.Pool,
  arriving: Arriving,
  limits: BulkLimits,
  clock: Clock,
): Promise<{ bulk: BulkRow; replayed: boolean }> {
  const { key, format, onError, charset, sender } = arriving;
  const content = counted(arriving.bytes, limits.bytesMax, `${format} ${onError} ${charset ?? ''}\n`);
  const known = await bulkByKey(pool, sender.party, key);
  if (known) {
    for await (const _ of content.bytes); // what it holds is all that is asked of it
    return { bulk: same(known, content.hash()), replayed: true };
  }
  if ((await countOpen(pool, sender.party)) >= limits.openMax) throw tooManyOpen(limits.openMax);
  const receivedAt = clock.now();
  const id = newUuid(receivedAt);
  await beginBulk(pool, { id, partyId: sender.party, keyId: sender.key!, format, onError, receivedAt });
  try {
    const texts = decoded(content.bytes, charset);
    const lines = (format === 'csv' ? csvLines : ndjsonLines)(texts, limits.lineLengthMax);
    const count = await store(pool, id, lines, limits.linesMax);
    const contentHash = content.hash();
    if (await acceptBulk(pool, { id, key, contentHash, bytes: content.size(), lines: count }))
      return { bulk: (await bulkByKey(pool, sender.party, key))!, replayed: false };
    await dropBulk(pool, id); // somebody else was sending the same at the same time
    return { bulk: same((await bulkByKey(pool, sender.party, key))!, contentHash), replayed: true };
  } catch (error) {
    await dropBulk(pool, id).catch(() => {}); // else it goes with the next schedule
    throw error;
  }
}

/** @returns how many acts there are. @throws Problem when there are too many, or none. */
async function store(pool: pg.Pool, bulkId: string, lines: AsyncIterable<Line>, linesMax: number): Promise<number> {
  let [firstLine, count, length] = [1, 0, 0];
  let texts: string[] = [];
  let overlong: number[] = [];
  const put = async () => {
    if (length > 0 || overlong.length > 0)
      await putChunk(pool, bulkId, { firstLine, lines: texts.join('\n'), overlong });
    firstLine += texts.length;
    [texts, overlong, length] = [[], [], 0];
  };
  for await (const line of lines) {
    if (line.overlong) overlong.push(firstLine + texts.length);
    texts.push(line.text);
    length += line.text.length;
    if ((line.text !== '' || line.overlong) && ++count > linesMax) throw tooManyLines(linesMax);
    if (texts.length >= CHUNK_LINES || length >= CHUNK_LENGTH_MAX) await put();
  }
  await put();
  if (count === 0) throw new Problem('malformed-bulk', NO_LINES);
  return count;
}

/** The bytes as they pass, with their number and their hash, into which goes what else the bulk was asked with. */
function counted(bytes: AsyncIterable<Buffer>, bytesMax: number, asked: string) {
  const hash = createHash('sha256').update(asked);
  let size = 0;
  async function* passing(): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > bytesMax) throw tooLarge(bytesMax);
      hash.update(chunk);
      yield chunk;
    }
  }
  return { bytes: passing(), size: () => size, hash: () => hash.digest() };
}

function same(known: BulkRow, contentHash: Buffer): BulkRow {
  if (known.contentHash!.equals(contentHash)) return known;
  throw new Problem(
    'idempotency-key-reused',
    {
      zh: '同一 Idempotency-Key 已发送过不同的批量文件；新文件请使用新的键。',
      en: 'This key was sent with another file before; a new one needs a new key.',
    },
    { errors: [{ pointer: 'header:idempotency-key', detail: known.key! }] },
  );
}

const NO_LINES = { zh: '文件中没有任何操作。', en: 'There is no act in the file.' };

const tooManyLines = (max: number): Problem =>
  new Problem('body-too-large', { zh: `每个文件最多 ${max} 行操作。`, en: `A file holds at most ${max} acts.` });

const tooLarge = (max: number): Problem =>
  new Problem('body-too-large', { zh: `每个文件最多 ${max} 字节。`, en: `A file holds at most ${max} bytes.` });

const tooManyOpen = (max: number): Problem =>
  new Problem(
    'too-many-requests',
    {
      zh: `本单位已有 ${max} 个批量文件未办完；请待其办完或停止其一。`,
      en: `${max} bulks of yours are open; wait for one to end, or cancel one.`,
    },
    { retryAfterSeconds: 30 },
  );
