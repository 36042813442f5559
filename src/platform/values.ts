import { z } from 'zod';
import { inBoth } from './schema-messages.ts';

/** Values every body shares. 10,000 t: no load, batch or stock movement of one act weighs more. */
export const GRAMS_MAX = 10_000_000_000;
export const Grams = z.number().int().min(0).max(GRAMS_MAX);
/** 含水率: parts of water in a thousand of the mass. */
export const MoisturePermille = z.number().int().min(0).max(1_000);
export const Pieces = z.number().int().min(0).max(1_000_000);
/** Capitals are allowed in a UUID (RFC 9562) and mean the same: ids are compared in small letters. */
export const Uuid = z.uuid().toLowerCase();
/** ISO 8601 with an offset or Z; kept as UTC. A year outside these is a broken clock, not a date. */
const YEARS = { from: '1980', to: '2200' };
export const Instant = z.iso.datetime({ offset: true }).refine((text) => text >= YEARS.from && text < YEARS.to, {
  error: inBoth(`须在 ${YEARS.from} 年至 ${YEARS.to} 年之间`, `must lie between ${YEARS.from} and ${YEARS.to}`),
});
/** A month in Asia/Shanghai, of the same years. */
export const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, inBoth('年和月，如 2026-09', 'a month such as 2026-09'))
  .refine((text) => text >= YEARS.from && text < YEARS.to, {
    error: inBoth(`须在 ${YEARS.from} 年至 ${YEARS.to} 年之间`, `must lie between ${YEARS.from} and ${YEARS.to}`),
  });
/** A civil day in Asia/Shanghai. */
export const CivilDay = z.iso.date();
/** A code or number as somebody typed it: full-width digits and letters (１２, Ａ) are the ordinary ones. */
export const TypedNumber = z.string().normalize('NFKC').trim();
export const ShortText = z.string().trim().min(1).max(200);

/** An article that something rests on, in an answer: the notation of docs/glossary.md, "Codes of the regulations". */
export const BasisView = z
  .string()
  .describe(
    '依据：法规代号、条(项) ¶款，如 TM 18 ¶2 即《危险废物转移管理办法》第十八条第二款；本平台约定 NNNN 即 docs/decisions/NNNN，法规未作规定；代号见 docs/glossary.md · ' +
      'The article it rests on: code of the regulation, article(item) ¶paragraph; 本平台约定 NNNN is our own decision docs/decisions/NNNN, where no text speaks. Codes: TM 危险废物转移管理办法, ML 危险废物经营许可证管理办法, MW 医疗废物管理条例, CW 城市建筑垃圾管理规定, 名录 国家危险废物名录, 法典 生态环境法典, 固废法 固体废物污染环境防治法; the others in docs/glossary.md',
  );

/** An instant in an answer: a Date in the program, ISO 8601 text once it is JSON. */
export const InstantView = z.iso.datetime() as unknown as z.ZodType<Date>;
