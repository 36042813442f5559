/**
 * One vehicle cannot carry two loads on two journeys at once, and one weighing is of one load. TM 11(1)-(2), 16; never by
 * plate and date alone: a lorry makes many trips a day. What is lawful, and why, is told in docs/decisions/0010-rules.md.
 * The later of two manifests speaks, so that one contradiction is one anomaly. Pure.
 */

import { z } from 'zod';
import { minuteInShanghai } from '../../catalogue/calendar.ts';
import { checkPlate } from '../../catalogue/identifiers.ts';
import { STREAMS } from '../../catalogue/streams.ts';
import type { LegRow } from '../../manifests/legs.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Bilingual } from '../../problems.ts';
import type { OtherLeg, RuleFacts, SameReading } from './facts.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Finding, HOUR_MS, massText, type Rule, type Severity, type Step, stepOver } from './rule.ts';

const MINUTE_MS = 60_000;
const Parameters = z.strictObject({
  /** Two tickets of one scale that say the same to the gram within so many hours are one weighing. */
  sameReadingHours: z.number().int().positive(),
});
type Parameters = z.infer<typeof Parameters>;

export const OVERLAP_RULE: Rule<'manifest', 'ownLegs' | 'otherLegs' | 'sameReadings', Parameters> = {
  id: 'overlap',
  codes: ['HW-34'],
  kind: 'condition',
  title: { zh: '同一车辆或同一过磅记录用于两份联单', en: 'One vehicle or one weighing serves two manifests at once' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: Parameters,
  unit: 'minutes',
  facts: ['ownLegs', 'otherLegs', 'sameReadings'],
  wokenBy: {
    picked_up: 'same_plate',
    handed_over: 'same_plate',
    handover_confirmed: 'same_plate',
    transit_stored: 'same_plate',
    departed: 'same_plate',
    incident_resolved: 'same_plate',
    arrived: 'same_plate',
    return_departed: 'same_plate',
    return_received: 'same_plate',
    manifest_corrected: 'same_plate_before',
    weigh_ticket_recorded: 'same_weighing',
  },
  sceneOf({ manifest }) {
    const scene = sceneOfManifest(manifest, 'originRegion', manifest.pickedUpAt, 'pickedUpAt');
    // Whose load the other one was is not the consignor's to know: the carrier is asked, and both places.
    return 'notJudged' in scene ? scene : { ...scene, partyIds: [manifest.carrierId] };
  },
  judge(facts, { parameters, steps, basis }) {
    const legs = contradictions(facts, steps);
    const readings = facts.sameReadings.filter((reading) => isOneWeighing(reading, facts, parameters));
    const told = { manifest: facts.manifest, basis };
    const leg = legs[0];
    if (leg) return { finding: ofLegs(told, leg, legs) };
    const reading = readings[0];
    const worst = steps.at(-1);
    if (!reading || !worst) return { clear: true };
    return { finding: ofReading(told, reading, worst.severity, parameters) };
  },
};

interface Contradiction {
  readonly other: OtherLeg;
  readonly startedAt: Date;
  /** Null: nobody has told that the other load arrived. */
  readonly minutes: number | null;
  readonly step: Step;
}

type Legs = Pick<RuleFacts, 'manifest' | 'ownLegs' | 'otherLegs'>;

/** The worst first. While nobody has told that the other load arrived, no more is known than that: the least step. */
function contradictions(facts: Legs, steps: readonly Step[]): Contradiction[] {
  const found = pairs(facts).flatMap(({ own, other }) => {
    if (isLawful(facts.manifest, own, other)) return [];
    const ends = [own.endedAt, other.endedAt].flatMap((instant) => instant?.getTime() ?? []);
    const minutes = other.endedAt ? (Math.min(...ends) - own.startedAt.getTime()) / MINUTE_MS : null;
    const step = minutes === null ? steps[0] : stepOver(steps, minutes);
    return step ? [{ other, startedAt: own.startedAt, minutes, step }] : [];
  });
  return found.sort((a, b) => b.step.over - a.step.over || (b.minutes ?? 0) - (a.minutes ?? 0));
}

/** Each leg with the legs of others under its plate that began before it. 无牌 and the like name no vehicle. */
function pairs({ ownLegs, otherLegs }: Legs): { own: LegRow; other: OtherLeg }[] {
  return otherLegs.flatMap((other) => {
    const own = ownLegs.find(({ leg }) => leg === other.ownLeg);
    if (!own?.plate || !checkPlate(own.plate).valid) return [];
    const order = own.startedAt.getTime() - other.startedAt.getTime();
    const isLater = order > 0 || (order === 0 && own.manifestId > other.manifestId);
    return isLater ? [{ own, other }] : [];
  });
}

/**
 * One trip; or one carrier that loads at one consignor's for several, or at several for one consignee: a milk run and a
 * shared load put two manifests on one vehicle at once.
 */
function isLawful(manifest: Manifest, own: LegRow, other: OtherLeg): boolean {
  if (own.tripId !== null && own.tripId === other.tripId) return true;
  const isOneJourney =
    other.consignorSiteId === manifest.consignorSiteId || other.consigneeSiteId === manifest.consigneeSiteId;
  return own.carrierId === other.carrierId && isOneJourney;
}

/** The loads of one milk run cross one weighbridge together: there, one weighing of both is right. */
function isOneWeighing(reading: SameReading, facts: Legs, { sameReadingHours }: Parameters): boolean {
  const apart = Math.abs(reading.weighedAt.getTime() - reading.otherWeighedAt.getTime());
  const together = facts.otherLegs.some((other) => {
    const own = facts.ownLegs.find(({ leg }) => leg === other.ownLeg);
    return own && other.manifestId === reading.otherManifestId && isLawful(facts.manifest, own, other);
  });
  return apart <= sameReadingHours * HOUR_MS && !together;
}

interface Told {
  readonly manifest: Manifest;
  readonly basis: string;
}

function ofLegs({ manifest, basis }: Told, worst: Contradiction, all: readonly Contradiction[]): Finding {
  const { other, startedAt, minutes, step } = worst;
  const plate = other.plate!;
  const began = minuteInShanghai(startedAt);
  const ended: Bilingual = other.endedAt
    ? { zh: `至 ${minuteInShanghai(other.endedAt)} 方运抵`, en: `until ${minuteInShanghai(other.endedAt)}` }
    : { zh: '尚未报告运抵', en: 'and has not been told to have arrived' };
  return {
    severity: step.severity,
    observed: {
      startedAt: startedAt.toISOString(),
      otherStartedAt: other.startedAt.toISOString(),
      ...(other.endedAt ? { otherEndedAt: other.endedAt.toISOString() } : {}),
      overlaps: all.length,
    },
    expected: { overlaps: 0 },
    tolerance: { name: 'overlap', value: step.over, unit: 'minutes', source: basis },
    basis,
    evidence: [...eventsOf(manifest), ...all.map((one) => one.other.manifestId)],
    summary: {
      zh: `${plate} 自 ${began} 起载有本联单，而另一联单自 ${minuteInShanghai(other.startedAt)} 起在该车上，${ended.zh}${minutes === null ? '' : `，重叠 ${Math.floor(minutes)} 分钟`}。`,
      en: `${plate} carried this manifest from ${began} while another was on it from ${minuteInShanghai(other.startedAt)} ${ended.en}${minutes === null ? '' : `: ${Math.floor(minutes)} minutes of both`}.`,
    },
    question: {
      partyId: manifest.carrierId,
      zh: `${plate} 在 ${began} 实际装运的是哪一份联单？`,
      en: `Which of the two manifests was ${plate} carrying at ${began}?`,
    },
  };
}

function ofReading(
  { manifest, basis }: Told,
  reading: SameReading,
  severity: Severity,
  { sameReadingHours }: Parameters,
): Finding {
  const { grossGrams, tareGrams, ticketId, otherTicketId } = reading;
  return {
    severity,
    observed: { grossGrams, tareGrams, weighedAt: reading.weighedAt.toISOString() },
    expected: { otherWeighedAt: reading.otherWeighedAt.toISOString() },
    tolerance: { name: 'sameReadingHours', value: sameReadingHours, unit: 'hours', source: basis },
    basis,
    evidence: [ticketId, otherTicketId],
    summary: {
      zh: `本联单过磅单的毛重 ${massText(grossGrams)}、皮重 ${massText(tareGrams)} 与另一联单的完全相同。`,
      en: `The ticket of this manifest says the same as another's, ${massText(grossGrams)} gross and ${massText(tareGrams)} tare.`,
    },
    question: {
      partyId: manifest.carrierId,
      zh: '两份联单是否使用了同一次过磅？',
      en: 'Was one weighing used for both manifests?',
    },
  };
}
