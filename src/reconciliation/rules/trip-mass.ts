/**
 * What a scale said of a whole vehicle, against what was received of the loads it brought: the scale of the site moves the
 * stock there (manifests/trip-difference.ts), so it is held against the receipts as the ticket of one load is. Each ticket speaks
 * for itself, so that a later one takes nothing back. The loads are of several consignors: who has the site and who drove hear of
 * it. TM 10(3), 18 ¶2. Pure.
 */

import { z } from 'zod';
import { dayInShanghai } from '../../catalogue/calendar.ts';
import { STREAMS } from '../../catalogue/streams.ts';
import { severityOfDifference } from './mass.ts';
import type { Rule } from './rule.ts';

export const TRIP_MASS_RULE: Rule<'weigh_ticket', 'trip' | 'ticketSite' | 'tripStream' | 'tripReceivedGrams', object> =
  {
    id: 'trip_mass',
    codes: ['HW-05'],
    kind: 'condition',
    title: { zh: '整车过磅与接受重量不符', en: 'The whole vehicle weighed other than what was received' },
    streams: STREAMS,
    subject: 'weigh_ticket',
    parameters: z.strictObject({}),
    unit: null,
    policies: ['mass-tolerance'],
    facts: ['trip', 'ticketSite', 'tripStream', 'tripReceivedGrams'],
    wokenBy: {
      receipt_recorded: 'whole_weighings',
      manifest_corrected: 'whole_weighings',
      weigh_ticket_recorded: 'whole_weighings',
    },
    sceneOf({ weigh_ticket: { weighedAt }, trip, tripStream, ticketSite }) {
      if (!trip || tripStream === undefined) return { notJudged: 'trip' };
      return {
        region: ticketSite.region,
        stream: tripStream,
        day: dayInShanghai(weighedAt),
        partyIds: [...new Set([ticketSite.partyId, trip.carrierId])],
        regions: [ticketSite.region],
      };
    },
    judge({ weigh_ticket: ticket, tripReceivedGrams: receivedGrams }, { book, scene, basis }) {
      if (receivedGrams === null) return { notJudged: 'receivedGrams' };
      const { value, basis: of } = book.policy('mass-tolerance', scene);
      const pair = { expected: receivedGrams, observed: ticket.netGrams };
      const severity = severityOfDifference(pair, value.floorTruckGrams, value);
      if (!severity) return { clear: true };
      const grams = Math.abs(ticket.netGrams - receivedGrams);
      return {
        finding: {
          severity,
          observed: { ticketGrams: ticket.netGrams },
          expected: { receivedGrams },
          tolerance: {
            name: 'mass-tolerance',
            value: value.floorTruckGrams,
            unit: 'grams',
            source: `${of.instrument}: ${of.article}`,
          },
          basis,
          evidence: [ticket.id],
          summary: {
            zh: `整车过磅 ${ticket.netGrams} 克，所载各联单共接受和拒收 ${receivedGrams} 克，相差 ${grams} 克。`,
            en: `The whole vehicle weighed ${ticket.netGrams} g and ${receivedGrams} g were accepted or refused of its loads: ${grams} g apart.`,
          },
          question: {
            partyId: ticket.partyId,
            zh: `请说明整车过磅与接受量相差 ${grams} 克的原因。`,
            en: `What accounts for the ${grams} g between the whole vehicle and the receipts?`,
          },
        },
      };
    },
  };
