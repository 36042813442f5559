import type { Refused } from '../platform/acts.ts';
import type { EventDraft, Json } from '../platform/events.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import type { Refusal } from '../problems.ts';
import { unmatchedReports } from './tables.ts';

/**
 * Physics is recorded: a report of something that happened but does not fit the state of what it speaks of is refused
 * as an act and kept as evidence, on the vehicle or the site it came from.
 */
export type UnmatchedReport = StateOf<typeof unmatchedReports>;

export const unmatchedReportKind = subjectKind({
  name: 'unmatched_report',
  rank: RANKS.fact,
  table: unmatchedReports,
  evolve: (_state, event): UnmatchedReport => ({
    ...(event.data.report as unknown as Omit<UnmatchedReport, 'id' | 'occurredAt'>),
    id: event.subject.id,
    occurredAt: event.occurredAt,
  }),
});

/** The refusal, with the id of the kept report. What was said in free words goes into `draft.details`, never into `reported`. */
export function keepUnmatched(
  report: UnmatchedReport,
  refusal: Refusal,
  draft: Pick<EventDraft, 'region' | 'entryMode' | 'details'>,
  reported: Json,
): Refused {
  const { id, occurredAt, ...fields } = report;
  const event: EventDraft = {
    ...draft,
    type: 'unmatched_report',
    subject: { kind: 'unmatched_report', id },
    occurredAt,
    refs: [report.manifestId, ...(report.siteId ? [report.siteId] : [])],
    data: { report: fields as unknown as Json, reported },
  };
  return { refused: { ...refusal, unmatchedReport: id }, kept: [event] };
}
