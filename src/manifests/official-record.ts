/**
 * 登记官方编号与状态: a party on the manifest, or a regulator of either end, tells what it read in an official system. It is a fact of its
 * own beside what was declared and what was observed, so it changes neither status nor load (decision 0021; TM 7, 15).
 */
import { z } from 'zod';
import { officialSystem, SystemId } from '../catalogue/official-systems.ts';
import type { Facts } from '../catalogue/reference.ts';
import { partyKind } from '../parties/registers.ts';
import { liesIn } from '../parties/visibility.ts';
import { type Lookup, refused, type States, type Warning } from '../platform/acts.ts';
import { notFound } from '../platform/register.ts';
import { CivilDay, Instant, ShortText, TypedNumber } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { type ManifestCommand, refsTo } from './command-needs.ts';
import { type Manifest, manifestKind } from './manifest.ts';
import { lockManifest, manifestEvent, rolesOfCaller } from './standing.ts';

/** More different numbers than that, and it is no longer a manifest that somebody reads of. */
const NUMBERS_MAX = 20;

export const OfficialRecordBody = z.strictObject({
  system: SystemId,
  number: TypedNumber.min(1).max(40),
  /** In the words of that system. */
  status: ShortText.max(40).nullable().default(null),
  /** The day the system gives with the status. */
  statusOn: CivilDay.nullable().default(null),
  /** When it was read there. */
  seenAt: Instant,
});
export const OFFICIAL_RECORD_EXAMPLE = {
  system: 'cn-37',
  number: '20263701000123',
  status: '运输中',
  statusOn: '2026-09-15',
  seenAt: '2026-09-15T02:00:00Z',
};
type Input = z.output<typeof OfficialRecordBody> & { readonly id: string };

const keyOf = ({ system, number }: Input): string => JSON.stringify([{ system, number }]);

/** Manifests that were told to have a number of a system. Gated: two who tell the same number at once both hear of it. */
const bearersLookup: Lookup<readonly string[]> = {
  name: 'official_number',
  gated: true,
  sql: `select k.key, m.id from unnest($1::text[]) as k(key)
    join manifests m on m.official_number is not null and m.official_records @> k.key::jsonb`,
  read: (rows) => rows.map(([, id]) => id as string),
};

/** @refuses not-found (nothing of the caller's to know of), wrong-status (a draft), against-rule (too many numbers). */
export const officialRecord: ManifestCommand<Input> = {
  name: 'note_official_record',
  kind: 'paper',
  needs: (input, { caller }) => ({
    ...lockManifest(input),
    read: refsTo('party', [caller.actor.party]),
    lookups: [{ lookup: bearersLookup, key: keyOf(input) }],
  }),
  decide(input, states, facts) {
    const manifest = states.get(manifestKind, input.id);
    const standing = manifest && standingOf(manifest, states, facts);
    if (!manifest || !standing) return refused(notFound('manifest', input.id));
    if (standing === 'passed') return refused(OF_ITS_ENDS);
    const { id, system, number, status, statusOn } = input;
    if (manifest.number === null) return refused(STILL_A_DRAFT);
    const others = manifest.officialRecords.filter((one) => one.system !== system || one.number !== number);
    if (others.length >= NUMBERS_MAX) return refused(tooMany);
    const event = manifestEvent(
      'official_record_noted',
      id,
      new Date(input.seenAt),
      { system, status, statusOn },
      { region: manifest.originRegion, also: { number } },
    );
    const warnings = [
      ...unusual(input),
      ...differs(input, manifest),
      ...taken(states.found(bearersLookup, keyOf(input)).some((bearer) => bearer !== id)),
    ];
    return { events: [event], answer: { id, status: manifest.status, officialNumber: number }, warnings };
  },
};

/** Undefined for whom it is not there: a draft is its consignor's, what is issued is known to who stands on it and to regulators of its way. */
function standingOf(manifest: Manifest, states: States, { caller }: Facts): 'concerned' | 'passed' | undefined {
  if (caller.role !== 'regulator') {
    const roles = rolesOfCaller(manifest, caller);
    const isTheirs = manifest.number === null ? roles.includes('consignor') : roles.length > 0;
    return isTheirs ? 'concerned' : undefined;
  }
  const jurisdiction = states.get(partyKind, caller.actor.party)?.jurisdiction;
  if (manifest.number === null || !jurisdiction?.streams.includes(manifest.stream)) return undefined;
  const isTheirs = (region: string) => liesIn(jurisdiction, region);
  if ([manifest.originRegion, manifest.destinationRegion].some(isTheirs)) return 'concerned';
  return manifest.passedRegions.some(isTheirs) ? 'passed' : undefined;
}

const OF_ITS_ENDS: Refusal = {
  problem: 'not-your-act',
  detail: {
    zh: '官方编号由联单上的单位或起点、终点的监管部门登记。',
    en: 'An official number is told by a party on the manifest or a regulator of either end.',
  },
};

const STILL_A_DRAFT: Refusal = {
  problem: 'wrong-status',
  detail: { zh: '草稿尚无联单可对应；请先签发。', en: 'A draft is no manifest yet; issue it first.' },
  basis: 'TM 15',
};

const tooMany = against(
  '/number',
  `本联单已登记 ${NUMBERS_MAX} 个不同的官方编号。`,
  `This manifest was told to have ${NUMBERS_MAX} different official numbers already.`,
);

function unusual({ system, number }: Input): Warning[] {
  const { number: pattern, zh, en } = officialSystem(system);
  if (pattern.test(number)) return [];
  return [
    {
      code: 'official-number-unusual',
      pointer: '/number',
      basis: 'TM 15',
      detail: {
        zh: `${number} 不像“${zh}”的联单编号，请核对；已按所填登记。`,
        en: `${number} does not look like a manifest number of the ${en}; compare it. It is kept as told.`,
      },
    },
  ];
}

/** Told before under another number: both stay, and whoever looks sees both. */
function differs({ system, number }: Input, { officialRecords }: Manifest): Warning[] {
  const before = officialRecords.filter((one) => one.system === system && one.number !== number);
  if (before.length === 0) return [];
  const numbers = before.map((one) => one.number);
  return [
    {
      code: 'official-number-differs',
      pointer: '/number',
      basis: '本平台约定 0021',
      detail: {
        zh: `此前在该系统登记的编号是 ${numbers.join('、')}；两者都保留，请核对。`,
        en: `It was told to have number ${numbers.join(', ')} in that system before; both are kept, compare them.`,
      },
    },
  ];
}

/** One number, two manifests: one of the two was read wrongly, and this act cannot know which. */
const taken = (isTaken: boolean): Warning[] =>
  isTaken
    ? [
        {
          code: 'official-number-on-another',
          pointer: '/number',
          basis: 'TM 15',
          detail: {
            zh: '另一份联单也登记了该系统的这一编号；编号不重复，其中一份有误，请核对。',
            en: 'Another manifest was told to have this number of that system too. Numbers do not repeat: one of the two is wrong.',
          },
        },
      ]
    : [];
