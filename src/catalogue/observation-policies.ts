import { z } from 'zod';

/** What holds for what is observed of vehicles (decision 0019): part of POLICIES. */
const Count = z.number().int().positive();
/** Tracks are sensitive personal information: never more than a year. */
const DaysKept = Count.max(366);

export const observationPolicies = <Streams extends readonly string[]>(streams: Streams) =>
  ({
    'position-keeping': {
      zh: '车辆定位的保存：有运输在途时、无已知运输时',
      en: 'How long positions of a vehicle are kept, on a known trip and outside of any, and whether the latter are kept at all',
      value: z.strictObject({ withoutTrip: z.enum(['keep', 'drop']), tripDays: DaysKept, otherDays: DaysKept }),
      streams,
    },
    'sighting-keeping-days': {
      zh: '号牌抓拍保存天数',
      en: 'Days a sighting of a plate is kept',
      value: DaysKept,
      streams,
    },
    'fence-crossing': {
      zh: '何时算作驶入、驶出电子围栏',
      en: 'What counts as entering or leaving a geofence',
      value: z.strictObject({
        hysteresisMetres: Count.max(1_000),
        dwellSeconds: Count.max(1_800),
        accuracyMetresMax: Count,
      }),
      streams,
    },
    'fence-extent-metres': {
      zh: '单位自行登记的电子围栏最大跨度（米）',
      en: 'Metres that a fence drawn by the party of its site may reach from end to end',
      value: Count.max(10_000),
      streams,
    },
    'observed-trip-hours': {
      zh: '自动联单从驶出到驶入的最长小时数',
      en: 'Hours within which leaving one site and entering another are one observed trip',
      value: Count.max(48),
      streams,
    },
    'trip-match-minutes': {
      zh: '自动联单与联单起运时间可相差的分钟数',
      en: 'Minutes that an observed departure and a declared one may lie apart and be one',
      value: Count.max(720),
      streams,
    },
    'device-clock-skew-seconds': {
      zh: '设备实时上报可滞后的秒数',
      en: 'Seconds a live report of a device may lag before its clock is doubted',
      value: Count,
      streams,
    },
    'waybill-retention-months': {
      zh: '危货运单保存月数',
      en: 'Months a dangerous-goods waybill is kept',
      value: Count,
      streams,
    },
  }) as const;
