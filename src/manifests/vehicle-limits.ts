/** What a vehicle can hold, beside what it is said to have taken. The report is recorded; the driver is told. Pure. */
import { checkPlate } from '../catalogue/identifiers.ts';
import { vehicleByPlate } from '../parties/repository.ts';
import type { Needs, States, Warning } from '../platform/acts.ts';
import type { PickupInput } from './inputs.ts';
import type { Volumes } from './volumes.ts';

const normal = (plate: string): string => {
  const checked = checkPlate(plate);
  return checked.valid ? checked.plate : plate;
};

/** Only who tells a volume is held against the box. */
export const boxNeeds = ({ plate, lines }: PickupInput): NonNullable<Needs['lookups']> =>
  lines.some(({ volumeLitres }) => volumeLitres !== undefined) ? [{ lookup: vehicleByPlate, key: normal(plate) }] : [];

export function boxWarnings(plate: string, volumes: Volumes, states: States): Warning[] {
  if (volumes.size === 0) return [];
  const boxLitres = states.found(vehicleByPlate, plate)?.boxLitres ?? null;
  const litres = [...volumes.values()].reduce((sum, volume) => sum + volume.litres, 0);
  if (boxLitres === null || litres <= boxLitres) return [];
  return [
    {
      code: 'over-vehicle-box',
      pointer: '/lines/0/volumeLitres',
      detail: {
        zh: `车辆 ${plate} 登记的车厢容积为 ${boxLitres} 升，所报 ${litres} 升。`,
        en: `The box of vehicle ${plate} holds ${boxLitres} l by the register; ${litres} l are said to be in it.`,
      },
    },
  ];
}
