import { z } from 'zod';

/** Clocks in hours, of any stream that has a row (decision 0022), and what switches them: part of POLICIES. */
const Count = z.number().int().positive();
/** The wastes a clock runs for, by code or class; absent: the whole stream. */
const OfWastes = z
  .array(z.string().regex(/^([HS]W\d{2}|\d{3}-\d{3}-(\d{2}|S\d{2}))$/))
  .min(1)
  .optional();

export const clockPolicies = <Streams extends readonly string[]>(streams: Streams) =>
  ({
    'epidemic-mode': {
      zh: '疫情期间措施是否启动',
      en: 'Whether the measures for an epidemic are in force',
      value: z.enum(['on', 'off']),
      streams,
      optional: true,
    },
    'storage-hours': {
      zh: '产生单位暂存小时数',
      en: 'Hours a producer may store',
      value: z.strictObject({
        hours: Count,
        wasteCodes: OfWastes,
        /** What others bring to a shared store begins a term of its own there. */
        restartsAtHub: z.boolean().optional(),
      }),
      streams,
      optional: true,
    },
    'pickup-gap-hours': {
      zh: '两次收集间隔小时数',
      en: 'Hours between two pickups',
      value: z.strictObject({ hours: Count, epidemicHours: Count.optional() }),
      streams,
      optional: true,
    },
    'treatment-hours': {
      zh: '运抵后至处置的小时数（按贮存温度）',
      en: 'Hours from arrival to treatment, by the temperature of the store',
      value: z.strictObject({
        ambientHours: Count,
        coldHours: Count,
        coldRemoteHours: Count,
        epidemicHours: Count.optional(),
        wasteCodes: OfWastes,
      }),
      streams,
      optional: true,
    },
  }) as const;
