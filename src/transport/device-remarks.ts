import { dayInShanghai } from '../catalogue/calendar.ts';
import { streamOfPolicy } from '../catalogue/policy-definitions.ts';
import type { Facts } from '../catalogue/reference.ts';
import type { Device } from '../parties/registers.ts';
import type { Warning } from '../platform/acts.ts';
import type { EntryMode } from '../platform/events.ts';

/** A device that reports live and yet of a while ago has a wrong clock, or waited for its network and should say so. */
export function clockRemarks(
  device: Device | undefined,
  { occurredAt, entryMode }: { readonly occurredAt: string; readonly entryMode: EntryMode },
  region: string,
  { now, reference }: Pick<Facts, 'now' | 'reference'>,
): Warning[] {
  if (!device || entryMode !== 'live') return [];
  const at = { region, stream: streamOfPolicy('device-clock-skew-seconds'), day: dayInShanghai(now) } as const;
  const { value: seconds, basis } = reference.policy('device-clock-skew-seconds', at);
  const lag = Math.round((now.getTime() - Date.parse(occurredAt)) / 1_000);
  if (lag <= seconds) return [];
  const detail = {
    zh: `设备实时上报滞后 ${lag} 秒（允许 ${seconds} 秒）：请校准设备时钟；断网后补报的请填 entryMode: offline。`,
    en: `A live report ${lag} s late (${seconds} s are allowed): set the device's clock; what waited for a network says entryMode: offline.`,
  };
  return [{ code: 'device-clock-skew', pointer: '/occurredAt', basis: basis.instrument, detail }];
}
