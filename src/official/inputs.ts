import { z } from 'zod';
import { RegionCode } from '../catalogue/commands.ts';
import { SystemId } from '../catalogue/official-systems.ts';
import { inBoth } from '../platform/schema-messages.ts';
import { ShortText, Uuid } from '../platform/values.ts';
import { RECORD_KINDS } from './mappings.ts';

export const ImportQuery = z.strictObject({ system: SystemId, kind: z.enum(RECORD_KINDS) });

/** Fields of a party that may be taken over from the official record, one by one. */
const ADOPTABLE = ['name', 'uscc', 'region'] as const;

export const ResolutionBody = z
  .strictObject({
    /** The party of ours that it is. */
    sameAs: Uuid.optional(),
    /** With `sameAs`: what of the record is right and ours is not. */
    adopt: z.array(z.enum(ADOPTABLE)).max(ADOPTABLE.length).default([]),
    /** A party of its own; what the record does not say of it is given beside. */
    register: z.literal(true).optional(),
    capacities: z
      .array(z.enum(['producer', 'carrier', 'consignee']))
      .min(1)
      .optional(),
    region: RegionCode.optional(),
    ignore: z.literal(true).optional(),
    reason: ShortText.optional(),
  })
  .refine(
    ({ sameAs, register, ignore }) => [sameAs, register, ignore].filter((one) => one !== undefined).length === 1,
    {
      error: inBoth('sameAs、register、ignore 三者须恰有其一', 'exactly one of sameAs, register, ignore'),
    },
  )
  .refine(({ adopt, sameAs }) => adopt.length === 0 || sameAs !== undefined, {
    path: ['adopt'],
    error: inBoth('adopt 只与 sameAs 同用', 'only with sameAs'),
  })
  .refine(({ register, capacities, region }) => register || (capacities === undefined && region === undefined), {
    path: ['register'],
    error: inBoth('capacities 和 region 只与 register 同用', 'capacities and region go with register'),
  });

export type ResolutionInput = z.output<typeof ResolutionBody> & { readonly id: string };
