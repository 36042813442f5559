import { z } from 'zod';
import { addDays, addMonths, dayInShanghai, endOfDayInShanghai } from '../catalogue/calendar.ts';
import type { PolicyBook } from '../catalogue/reference.ts';
import { STREAMS } from '../catalogue/streams.ts';
import type { Audience } from '../parties/audience.ts';
import { delegationNeeds, mandateOf } from '../parties/delegations.ts';
import { siteKind } from '../parties/registers.ts';
import { type Act, type Lookup, refused } from '../platform/acts.ts';
import { canonicalText, type Json } from '../platform/events.ts';
import { namedUuid } from '../platform/ids.ts';
import { notFound } from '../platform/register.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { Month, Uuid } from '../platform/values.ts';
import { against, type Refusal } from '../problems.ts';
import { manifestNumber } from './filing-commands.ts';
import { monthlyManifests, type Visit } from './tables.ts';

/**
 * 按月联单: where the place fills in one manifest a month (policy `manifest-mode`), each visit is a manifest with a card's number, and the
 * institution draws the month's number over those that were received. A card that comes late is drawn anew: the number stays, the version
 * is another, what was drawn before stays in the history. TM 15, 16.
 */
export type MonthlyManifest = StateOf<typeof monthlyManifests>;

export const MonthlyDraw = z.strictObject({
  stream: z.enum(STREAMS),
  siteId: Uuid,
  consigneeSiteId: Uuid,
  month: Month,
});
export type MonthlyInput = z.output<typeof MonthlyDraw>;

const monthlyId = ({ stream, siteId, consigneeSiteId, month }: MonthlyInput): string =>
  namedUuid(`monthly manifest ${stream} ${siteId} ${consigneeSiteId} ${month}`);

export const monthlyManifestKind = subjectKind({
  name: 'monthly_manifest',
  rank: RANKS.fact,
  table: monthlyManifests,
  evolve: (state, event): MonthlyManifest => ({
    ...(event.data.drawn as unknown as Omit<MonthlyManifest, 'id' | 'number' | 'drawnAt'>),
    id: event.subject.id,
    number: state?.number ?? ((event.data.number ?? '') as string), // drawn once the act has been decided
    drawnAt: event.occurredAt,
  }),
});

export const audienceOfMonthly = (monthly: MonthlyManifest): Audience => ({
  stage: 'closed',
  partyIds: [...new Set([monthly.consignorId, monthly.consigneeId])],
  regions: [...new Set([monthly.originRegion, monthly.destinationRegion])],
  stream: monthly.stream,
});

/** First day of the month, and first day after it. */
function daysOf(month: string): { readonly from: string; readonly to: string } {
  const from = `${month}-01`;
  return { from, to: addMonths(from, 1) };
}

/** Received visits by the instant of the pickup. Key: stream, site, plant, and the two instants. */
export const visitsLookup: Lookup<readonly Visit[]> = {
  name: 'visits',
  gated: false,
  sql: `select k.key, m.id, m.number, m.picked_up_at, m.lines
    from (select key, string_to_array(key, ' ') as part from unnest($1::text[]) as u(key)) k
    join manifests m on m.stream = k.part[1] and m.consignor_site_id = k.part[2]::uuid and m.consignee_site_id = k.part[3]::uuid
      and m.picked_up_at >= k.part[4]::timestamptz and m.picked_up_at < k.part[5]::timestamptz
    join sites s on s.id = m.consignor_site_id and s.party_id = m.consignor_id
    where m.status = 'received' order by m.picked_up_at, m.id`,
  read: (rows) =>
    rows.map(([, manifestId, number, pickedUpAt, lines]) => ({
      manifestId: manifestId as string,
      number: number as string,
      pickedUpAt: (pickedUpAt as Date).toISOString(),
      lines: (lines as { wasteCode: string; acceptedGrams: number; receivedPieces: number }[]).map(
        ({ wasteCode, acceptedGrams, receivedPieces }) => ({ wasteCode, grams: acceptedGrams, pieces: receivedPieces }),
      ),
    })),
};

function visitsKey({ stream, siteId, consigneeSiteId, month }: MonthlyInput): string {
  const { from, to } = daysOf(month);
  const startOf = (day: string) => endOfDayInShanghai(addDays(day, -1)).toISOString();
  return `${stream} ${siteId} ${consigneeSiteId} ${startOf(from)} ${startOf(to)}`;
}

/**
 * @refuses not-found (a site that is not the caller's), not-your-act (a delegation that does not cover it), against-rule (another mode, a
 * month that is not over, no visit), already-exists (drawn over these very visits).
 */
export const drawMonthly: Act<MonthlyInput, PolicyBook> = {
  name: 'draw_monthly_manifest',
  kind: 'paper',
  numbered: true,
  needs: (input) => ({
    lock: [{ kind: monthlyManifestKind.name, id: monthlyId(input) }],
    read: [input.siteId, input.consigneeSiteId].map((id) => ({ kind: siteKind.name, id })),
    lookups: [{ lookup: visitsLookup, key: visitsKey(input) }],
  }),
  alsoNeeds({ siteId }, states, { caller }) {
    const site = states.get(siteKind, siteId);
    return site ? delegationNeeds(caller, site.partyId) : {};
  },
  decide(input, states, facts) {
    const { stream, siteId, consigneeSiteId, month } = input;
    const site = states.get(siteKind, siteId);
    const destination = states.get(siteKind, consigneeSiteId);
    if (!site || !destination) return refused(notFound('site', site ? consigneeSiteId : siteId));
    const mandate = mandateOf(states, facts, { partyId: site.partyId, siteId, act: 'issue' });
    if ('problem' in mandate) return refused(mandate);
    const id = monthlyId(input);
    const before = states.get(monthlyManifestKind, id);
    const visits = states.found(visitsLookup, visitsKey(input));
    const { to } = daysOf(month);
    const day = addDays(to, -1);
    const mode = facts.reference.policyIf('manifest-mode', { region: site.region, stream, day })?.value;
    const refusal =
      (mode === 'monthly' ? undefined : notMonthly) ??
      (dayInShanghai(facts.now) < to ? notOver(to) : undefined) ??
      (visits.length === 0 ? noVisit : undefined) ??
      (before && canonicalText(before.visits) === canonicalText(visits) ? unchanged : undefined);
    if (refusal) return refused(refusal);
    const drawn: Omit<MonthlyManifest, 'id' | 'number' | 'drawnAt'> = {
      ...{ stream, month, siteId, consigneeSiteId },
      consignorId: site.partyId,
      consigneeId: destination.partyId,
      originRegion: site.region,
      destinationRegion: destination.region,
      visits,
    };
    return {
      events: [
        {
          type: before ? 'monthly_manifest_redrawn' : 'monthly_manifest_drawn',
          subject: { kind: monthlyManifestKind.name, id },
          occurredAt: facts.now,
          region: site.region,
          ...(mandate.onBehalfOf ? { onBehalfOf: mandate.onBehalfOf } : {}),
          refs: [siteId, ...visits.map(({ manifestId }) => manifestId)],
          data: { drawn: drawn as unknown as Json },
        },
      ],
      answer: { id, visits: visits.length, ...(before ? { number: before.number } : {}) },
      status: before ? 200 : 201,
      ...(before ? {} : { number: manifestNumber(site.region, stream, day, facts.reference) }),
    };
  },
};

/** 按代码合计. */
export function totalsOf(visits: readonly Visit[]) {
  const codes = [...new Set(visits.flatMap(({ lines }) => lines.map(({ wasteCode }) => wasteCode)))].sort();
  return codes.map((wasteCode) => {
    const lines = visits.flatMap((visit) => visit.lines.filter((line) => line.wasteCode === wasteCode));
    const sum = (pick: 'grams' | 'pieces') => lines.reduce((total, line) => total + line[pick], 0);
    return { wasteCode, grams: sum('grams'), pieces: sum('pieces') };
  });
}

const notMonthly: Refusal = against(
  '/month',
  '该地当月按车次填写联单，不按月汇总。',
  'This place fills in a manifest a trip in that month, not one a month.',
  'TM 16',
);
const notOver = (to: string): Refusal =>
  against(
    '/month',
    `该月尚未结束，自 ${to} 起可以汇总。`,
    `The month is not over; it can be drawn from ${to} on.`,
    '本平台约定 0022',
  );
const noVisit: Refusal = against(
  '/month',
  '该月没有已接受的收运登记卡。',
  'No visit of that month has been received.',
  '本平台约定 0022',
);
const unchanged: Refusal = {
  problem: 'already-exists',
  detail: { zh: '该月已按相同的登记卡汇总。', en: 'The month was drawn over these very cards.' },
};
