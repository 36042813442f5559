import { z } from 'zod';
import { dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { readDevices, readSites } from '../parties/repository.ts';
import type { Caller } from '../platform/acts.ts';
import type { Database } from '../platform/connections.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { Instant } from '../platform/values.ts';
import { Problem, type Refusal } from '../problems.ts';
import { DeviceSequence } from './gate-passes.ts';
import { type Kept, type SightingRow, storeSightings } from './observations.ts';
import { daysAfter, refuseFuture, ToldPlate } from './positions.ts';

/** 号牌抓拍: what a plate camera of a site read, in batches. The camera is that of the key; the picture stays with its owner. */
export const SIGHTINGS_MAX = 1_000;

const Sighting = z.strictObject({
  /** The camera's own count. */
  deviceSequence: DeviceSequence,
  plate: ToldPlate,
  occurredAt: Instant,
  confidencePermille: z.number().int().min(0).max(1_000).optional(),
  evidenceHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, inBoth('SHA-256，64 位小写十六进制', 'SHA-256, 64 hexadecimal digits in small letters'))
    .optional(),
});

export const SightingsBody = z.array(Sighting).min(1).max(SIGHTINGS_MAX);

/**
 * Stores a batch; what the camera has told under the same count and instant before changes nothing.
 * @throws Problem not-your-act (a device that is no camera), occurred-in-future.
 */
export async function recordSightings(
  database: Database,
  input: z.output<typeof SightingsBody>,
  { caller, now, book }: { readonly caller: Caller; readonly now: Date; readonly book: PolicyBook },
): Promise<Kept> {
  const [camera] = await readDevices(database, { id: caller.actor.device! }, caller);
  if (camera?.type !== 'camera') throw Problem.of(NO_CAMERA);
  refuseFuture(
    input.map(({ occurredAt }) => occurredAt),
    now,
    '',
    'occurredAt',
  );
  const [site] = await readSites(database, { id: camera.siteId });
  const today = dayInShanghai(now);
  const { value: days } = book.policy('sighting-keeping-days', {
    region: site!.region,
    stream: streamOfPolicy('sighting-keeping-days'),
    day: today,
  });
  const lastDayOf = daysAfter();
  const rows = input
    .map((sighting): SightingRow => {
      const keptUntil = lastDayOf(Date.parse(sighting.occurredAt), days);
      const { deviceSequence, plate, confidencePermille, evidenceHash } = sighting;
      return {
        deviceSequence,
        plate,
        confidencePermille,
        evidenceHash,
        seenAt: new Date(sighting.occurredAt),
        keptUntil,
      };
    })
    .filter(({ keptUntil }) => keptUntil >= today)
    .sort((a, b) => a.deviceSequence - b.deviceSequence || a.seenAt.getTime() - b.seenAt.getTime());
  const recorded = await storeSightings(database.pool, camera, rows, now);
  return { recorded, known: rows.length - recorded, dropped: input.length - rows.length };
}

const NO_CAMERA: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '抓拍由相机（type: camera）的设备密钥上报。',
    en: 'Sightings are told by a camera (a device of type camera).',
  },
};
