import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../platform/acts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/connections.ts';
import type { Refusal } from '../problems.ts';
import type { Role } from './tables.ts';

/** An API key is `ld_<prefix>_<secret>`: the prefix finds its row, of the secret only the SHA-256 is kept. */
const SHAPE = /^ld_([0-9a-z]{10})_([0-9A-Za-z_-]{43})$/;

export interface NewKey {
  readonly apiKey: string;
  readonly prefix: string;
  readonly secretHash: string;
}

export function mintKey(): NewKey {
  const prefix = [...randomBytes(10)].map((byte) => (byte % 36).toString(36)).join('');
  const secret = randomBytes(32).toString('base64url');
  return { apiKey: `ld_${prefix}_${secret}`, prefix, secretHash: hashSecret(secret) };
}

/** 256 random bits need no slow hash. */
const hashSecret = (secret: string): string => hash('sha256', secret, 'hex');

interface KeyRow {
  readonly id: string;
  readonly partyId: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly siteId: string | null;
  readonly deviceId: string | null;
  readonly personId: string | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly partyActive: boolean;
}

/** A revoked key stops working within this time in every process. */
const REMEMBER_MS = 2_000;
const REMEMBERED_MAX = 20_000;

const KEYS_SQL = `select k.id, k.party_id as "partyId", k.role, k.secret_hash as "secretHash", k.site_id as "siteId", k.device_id as "deviceId",
    k.person_id as "personId", k.expires_at as "expiresAt", k.revoked_at as "revokedAt", p.active as "partyActive"
  from api_keys k join parties p on p.id = k.party_id`;

/** Who is calling, by the Authorization header. */
export function authenticator(
  database: Database,
  clock: Clock,
): (authorization: string | undefined) => Promise<Caller | Refusal> {
  const remembered = new LRUCache<string, KeyRow | 'none'>({ max: REMEMBERED_MAX, ttl: REMEMBER_MS });
  return async (authorization) => {
    if (!authorization) return MISSING;
    const [, prefix, secret] = SHAPE.exec(authorization.replace(/^Bearer /i, '')) ?? [];
    if (!prefix || !secret) return INVALID;
    let row = remembered.get(prefix);
    if (row === undefined) {
      const { rows } = await database.pool.query<KeyRow>({
        name: 'find-key',
        text: `${KEYS_SQL} where k.prefix = $1`,
        values: [prefix],
      });
      row = rows[0] ?? 'none';
      remembered.set(prefix, row);
    }
    return row !== 'none' && isGood(row, secret, clock.now()) ? callerOf(row) : INVALID;
  };
}

/** Who sent something with that key, as of now; what he may not do any more is not done in his name. */
export function callerByKey({ pool }: Database, clock: Clock): (keyId: string) => Promise<Caller | Refusal> {
  return async (keyId) => {
    const { rows } = await pool.query<KeyRow>(`${KEYS_SQL} where k.id = $1`, [keyId]);
    const [row] = rows;
    return row && isInForce(row, clock.now()) ? callerOf(row) : INVALID;
  };
}

const isGood = (row: KeyRow, secret: string, now: Date): boolean =>
  timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(hashSecret(secret))) && isInForce(row, now);

const isInForce = ({ partyActive, revokedAt, expiresAt }: KeyRow, now: Date): boolean =>
  partyActive && revokedAt === null && (expiresAt === null || expiresAt > now);

function callerOf(row: KeyRow): Caller {
  return {
    actor: {
      party: row.partyId,
      key: row.id,
      ...(row.personId ? { person: row.personId } : {}),
      ...(row.deviceId ? { device: row.deviceId } : {}),
    },
    role: row.role,
    site: row.siteId,
  };
}

const MISSING: Refusal = {
  problem: 'key-missing',
  detail: { zh: '请在 Authorization 头中提供 Bearer 密钥。', en: 'Send the key as Authorization: Bearer ld_….' },
};
const INVALID: Refusal = {
  problem: 'key-invalid',
  detail: { zh: '请检查密钥，或向管理员申请新的密钥。', en: 'Check the key, or ask your administrator for a new one.' },
};
