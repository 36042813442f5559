/** 一次性装运码: the consignor's agreement, typed on the driver's device. TM 10(3), 13. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts } from '../catalogue/reference.ts';
import { type Decision, type Lookup, refused, type States } from '../platform/acts.ts';
import { against } from '../problems.ts';
import type { PickupCodeInput, PickupInput } from './inputs.ts';
import type { Manifest } from './manifest.ts';
import { manifestEvent } from './standing.ts';

/** A code is kept as a salted hash among the erasable details of the event that gave it out. */
export const hashOfCode = (salt: string, code: string): string =>
  createHash('sha256').update(`${salt} ${code}`).digest('hex');

export const pickupCodeLookup: Lookup<{ readonly salt: string; readonly hash: string } | undefined> = {
  name: 'pickup-code',
  gated: false,
  sql: "select event_id, body->>'salt', body->>'hash' from event_details where event_id = any($1::uuid[])",
  read: ([row]) => row && { salt: row[1] as string, hash: row[2] as string },
};

/** A new code replaces the one before. Its holder confirms the pickup on the driver's device, once. No answer that is kept holds it. */
export function decidePickupCode({ code, salt }: PickupCodeInput, manifest: Manifest, facts: Facts): Decision {
  const hours = facts.reference.policy('pickup-code-hours', placeOf(manifest, facts)).value;
  const expiresAt = new Date(facts.now.getTime() + hours * 3_600_000).toISOString();
  const event = manifestEvent(
    'pickup_code_issued',
    manifest.id,
    facts.now,
    { expiresAt },
    {
      region: manifest.originRegion,
      details: { salt, hash: hashOfCode(salt, code) },
    },
  );
  return { events: [event], answer: { id: manifest.id, status: manifest.status, expiresAt } };
}

const placeOf = ({ originRegion: region, stream }: Manifest, { now }: Facts) => ({
  region,
  stream,
  day: dayInShanghai(now),
});

/** Guessing is counted on the manifest and locked out: a wrong code is refused and the attempt kept. */
export function checkCode(input: PickupInput, manifest: Manifest, states: States, facts: Facts): Decision | undefined {
  if (input.pickupCode === undefined) return undefined;
  const { pickupCodeEventId, pickupCodeExpiresAt, pickupCodeFailures } = manifest;
  const expired = pickupCodeExpiresAt !== null && typedAt(input, manifest, facts) >= pickupCodeExpiresAt;
  const attempts = facts.reference.policy('pickup-code-attempts', placeOf(manifest, facts)).value;
  if (pickupCodeEventId === null || expired || pickupCodeFailures >= attempts) return refused(NO_CODE);
  const known = states.found(pickupCodeLookup, pickupCodeEventId);
  if (known && isSameText(known.hash, hashOfCode(known.salt, input.pickupCode))) return undefined;
  const left = attempts - pickupCodeFailures - 1;
  return {
    ...refused(
      against(
        '/pickupCode',
        `装运码不正确，还可输入 ${left} 次。`,
        `The code is wrong; ${left} ${left === 1 ? 'attempt is' : 'attempts are'} left.`,
        'TM 10(3)',
      ),
    ),
    kept: [manifestEvent('pickup_code_failed', manifest.id, facts.now, {}, { region: manifest.originRegion })],
  };
}

/** When a code was typed, by our clock: what is told offline may lie back as far as late reports are waited for. */
function typedAt({ occurredAt, entryMode }: PickupInput, manifest: Manifest, facts: Facts): Date {
  if (entryMode !== 'offline') return facts.now;
  const hours = facts.reference.policy('late-report-patience-hours', placeOf(manifest, facts)).value;
  const told = new Date(occurredAt);
  return facts.now.getTime() - told.getTime() <= hours * 3_600_000 ? told : facts.now;
}

const NO_CODE = against(
  '/pickupCode',
  '没有可用的装运码（未发放、已过期或输错次数过多）；请移出人重新发放，或不带装运码办理。',
  'There is no code to use: none was given out, it has expired, or it was mistyped too often. The consignor can give out another, or leave it out.',
  'TM 10(3)',
);
const isSameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
