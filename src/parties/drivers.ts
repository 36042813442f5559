import type { States, Warning } from '../platform/acts.ts';
import type { Ref } from '../platform/events.ts';
import { personKind } from './registers.ts';

/** 驾驶员, as an act of the carrier names one. */
interface Driven {
  readonly driverId?: string | undefined;
}

export const driverRead = ({ driverId }: Driven): Ref[] =>
  driverId === undefined ? [] : [{ kind: personKind.name, id: driverId }];

/** Recorded as named; with a remark when it is no active person on the carrier's register. */
export function driverRemarks({ driverId }: Driven, carrierId: string, states: States): Warning[] {
  if (driverId === undefined) return [];
  const person = states.get(personKind, driverId);
  if (person?.partyId === carrierId && person.active) return [];
  const detail = {
    zh: `驾驶员 ${driverId} 不是承运人登记的在用人员，已照录；请核对，或先登记人员。`,
    en: `The driver ${driverId} is no active person on the carrier's register; recorded as given. Check it, or register the person.`,
  };
  return [{ code: 'driver-unknown', pointer: '/driverId', basis: 'TM 11(2)', detail }];
}
