/** 官方编号: what a manifest is called in official systems, beside its own number (TM 15). Pure: no clock, no database. */
import type { RecordedEvent } from '../platform/events.ts';
import type { Manifest } from './manifest.ts';
import type { OfficialRecord, OfficialTold } from './tables.ts';

export const UNNUMBERED = { number: null, officialNumber: null, officialRecords: [] as readonly OfficialRecord[] };

/** The newest telling of a number takes the place of the one before it; another number stands beside it. */
export function withOfficialRecord(state: Manifest, told: OfficialTold, event: RecordedEvent): Manifest {
  const { system, number, status, statusOn } = told;
  const record: OfficialRecord = {
    system,
    number,
    status,
    statusOn,
    seenAt: event.occurredAt.toISOString(),
    toldBy: event.actor.party,
    eventId: event.id,
  };
  const others = state.officialRecords.filter((one) => one.system !== system || one.number !== number);
  return { ...state, officialNumber: number, officialRecords: [...others, record] };
}
