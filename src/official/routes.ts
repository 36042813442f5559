import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ActAnswer, type App, addAct, Id, ProblemView, type Services } from '../platform/http.ts';
import { languageOf } from '../platform/http-errors.ts';
import { exampleId } from '../platform/ids.ts';
import { PageQuery, pageOf, readCursor, readKeyset, sendKeyset, sendPage } from '../platform/lists.ts';
import { notFound } from '../platform/register.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { type Bilingual, Problem } from '../problems.ts';
import { CELL_ERRORS } from './cells.ts';
import { resolveOfficialParty } from './commands.ts';
import { CSV_BYTES_MAX, type Format, piecesOf } from './files.ts';
import { importFile } from './importing.ts';
import { ImportQuery, ResolutionBody } from './inputs.ts';
import { RECORD_KINDS } from './mappings.ts';
import { receivedRoutes } from './received-routes.ts';
import {
  type FaultRow,
  faultsOf,
  findImport,
  findRecord,
  type ImportRow,
  importsOf,
  type RecordRow,
  recordsOf,
} from './records.ts';
import { MATCH_STATES } from './rules.ts';

/** What an official system says, brought here by file; and what goes up to the instance above. */
export function officialRoutes(app: App, services: Services): void {
  importRoutes(app, services);
  recordRoutes(app, services);
  receivedRoutes(app, services);
}

const Counts = z.object({
  rows: z.number().int(),
  new: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
  /** Rows with a cell that could not be read: they became no record. */
  refused: z.number().int(),
});

const ImportView = z.object({
  id: z.uuid(),
  importedBy: z.uuid(),
  system: z.string(),
  kind: z.enum(RECORD_KINDS),
  sha256: z.string(),
  bytes: z.number().int(),
  format: z.enum(['csv', 'xlsx']),
  encoding: z.string(),
  /** The table of titles it was read with. */
  mapping: z.string(),
  columns: z.array(z.string()),
  /** Columns no mapping knows: kept as told, read by nobody. */
  unknownColumns: z.array(z.string()),
  /** Null while it is being read; an import that was cut off is read when its file is sent again. */
  counts: Counts.nullable(),
  receivedAt: InstantView,
});

const FaultView = z.object({
  /** As a spreadsheet counts rows. */
  row: z.number().int(),
  /** Title of the column; empty for the row as a whole. */
  column: z.string(),
  code: z.string(),
  detail: z.string(),
  given: z.string(),
});

const ERRORS_SHOWN = 20;
const ImportAnswer = ImportView.extend({
  /** The first of them; all are below /errors. */
  errors: z.array(FaultView),
});

const importView = ({ fileId: _, ...row }: ImportRow) => row as unknown as z.output<typeof ImportView>;

const faultView = ({ rowNumber, title, code, given }: FaultRow, language: keyof Bilingual) => ({
  row: rowNumber,
  column: title,
  code,
  detail: CELL_ERRORS[code][language],
  given,
});

const FORMATS: Readonly<Record<string, Format>> = {
  'text/csv': 'csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};
const MEDIA_TYPES = Object.keys(FORMATS);

const IMPORT_EXAMPLE = `联单编号,联单状态,移出人名称,移出人统一社会信用代码,接受人名称,接受人统一社会信用代码,废物名称,废物代码,移出量（吨）,交付时间
20263701000123,运输中,济南某化工有限公司,91370100MA3C000X3M,济南某环保有限公司,91370100MA3C00Y18J,废矿物油,900-249-08,5.0,2026-09-15
`;

const DOCUMENTED_BODIES = Object.fromEntries(
  Object.entries(FORMATS).map(([type, format]) => [type, format === 'csv' ? IMPORT_EXAMPLE : '']),
);

const FIRST = [0, -2] as const;

function importRoutes(app: App, services: Services): void {
  const { pool } = services.database;
  const seen = async ({ params, caller }: { params: { id: string } } & Pick<FastifyRequest, 'caller'>) => {
    const found = await findImport(pool, caller, params.id);
    if (!found) throw Problem.of(notFound('official_import', params.id));
    return found;
  };
  // In a scope of its own: only here is a body handed on as it streams in.
  app.register(async (scope) => {
    scope.addContentTypeParser(MEDIA_TYPES, (_request, payload, done) => done(null, payload));
    scope.removeContentTypeParser('application/json');
    (scope as unknown as App).post(
      '/v1/official-imports',
      {
        config: { operation: 'official-imports.record', textBodies: DOCUMENTED_BODIES },
        bodyLimit: CSV_BYTES_MAX,
        schema: {
          summary: '导入官方导出文件 · Import an export of an official system, as it came: text/csv or .xlsx',
          description:
            '正文即文件本身（text/csv，UTF-8 或 GB 18030；或 .xlsx）。同一文件再次上传即同一次导入，不需要 Idempotency-Key。· ' +
            'The body is the file itself (text/csv in UTF-8 or GB 18030, or .xlsx). The same file sent again is the same import: no Idempotency-Key is needed.',
          tags: ['official-imports'],
          operationId: 'official-imports.record',
          consumes: MEDIA_TYPES,
          querystring: ImportQuery,
          body: z.any(),
          response: { 200: ImportAnswer, 201: ImportAnswer, default: ProblemView },
        },
      },
      async (request, reply) => {
        const { system, kind } = request.query;
        const format = FORMATS[(request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()];
        if (!format || !(request.body instanceof Readable)) throw new Problem('media-type-unsupported', NO_FILE);
        const body = request.body as AsyncIterable<Buffer>;
        const { id, isNew } = await importFile(services, request.caller, { system, kind, format, body });
        const found = (await findImport(pool, request.caller, id))!;
        const faults = await faultsOf(pool, id, { after: FIRST, rowsMax: ERRORS_SHOWN });
        const errors = faults.map((fault) => faultView(fault, languageOf(request)));
        if (isNew) reply.header('location', `/v1/official-imports/${id}`);
        return reply.code(isNew ? 201 : 200).send({ ...importView(found), errors });
      },
    );
  });

  app.get(
    '/v1/official-imports',
    {
      config: { operation: 'official-imports.read' },
      schema: {
        summary: '导入记录 · Files that were imported, the newest first',
        tags: ['official-imports'],
        querystring: PageQuery,
        response: { 200: pageOf(ImportView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const rows = await importsOf(pool, request.caller, { below: readCursor(cursor), rowsMax: limit + 1 });
      return sendPage(request, reply, rows.map(importView), limit);
    },
  );

  app.get(
    '/v1/official-imports/:id',
    {
      config: { operation: 'official-imports.read' },
      schema: {
        summary: '一次导入 · One import: which file, who brought it, what became of its rows',
        tags: ['official-imports'],
        params: Id,
        response: { 200: ImportView, default: ProblemView },
      },
    },
    async (request) => importView(await seen(request)),
  );

  app.get(
    '/v1/official-imports/:id/errors',
    {
      config: { operation: 'official-imports.read' },
      schema: {
        summary: '未能读取的单元格 · Cells that could not be read, by row and column',
        tags: ['official-imports'],
        params: Id,
        querystring: PageQuery,
        response: { 200: pageOf(FaultView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { id } = await seen(request);
      const { limit, cursor } = request.query;
      const after = readKeyset(cursor, z.tuple([z.int32(), z.int32()])) ?? FIRST;
      const rows = await faultsOf(pool, id, { after, rowsMax: limit + 1 });
      const page = sendKeyset(request, reply, rows, { limit, keyOf: ({ rowNumber, cell }) => [rowNumber, cell] });
      return { ...page, items: page.items.map((fault) => faultView(fault, languageOf(request))) };
    },
  );

  app.get(
    '/v1/official-imports/:id/file',
    {
      config: { operation: 'official-imports.read' },
      schema: {
        summary: '原文件 · The file itself, byte for byte',
        tags: ['official-imports'],
        params: Id,
        produces: ['application/octet-stream'],
        response: { 200: z.string().describe('The file'), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { fileId, format, sha256 } = await seen(request);
      return reply
        .type('application/octet-stream')
        .header('x-content-type-options', 'nosniff')
        .header('content-disposition', `attachment; filename="${sha256.slice(0, 16)}.${format}"`)
        .send(Readable.from(piecesOf(pool, fileId)) as never);
    },
  );
}

const NO_FILE: Bilingual = {
  zh: `请以文件原样作为正文，Content-Type 为 ${MEDIA_TYPES.join(' 或 ')}。`,
  en: `Send the file as the body, with Content-Type ${MEDIA_TYPES.join(' or ')}.`,
};

const FieldsView = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const Value = z.union([z.string(), z.number(), z.null()]);

const RecordView = z.object({
  id: z.uuid(),
  system: z.string(),
  kind: z.enum(RECORD_KINDS),
  number: z.string().nullable(),
  version: z.number().int(),
  state: z.enum(MATCH_STATES),
  /** Where this version was told: the file and its row. */
  importId: z.uuid(),
  rowNumber: z.number().int(),
  fields: FieldsView,
  /** Cells as told, in the order of the import's columns; empty for a party that was named on a manifest. */
  raw: z.array(z.string()),
  /** The manifest or party it speaks of. */
  subjectId: z.uuid().nullable(),
  candidates: z.array(z.uuid()),
  /** Field by field what the two say differently; nothing is changed by it. */
  differences: z.array(z.object({ field: z.string(), ours: z.union([Value, z.array(Value)]), official: Value })),
  /** What makes it a candidate, and how it becomes a match. */
  hint: z.string().nullable(),
  matchedAt: InstantView,
});
const EarlierView = RecordView.pick({ version: true, importId: true, rowNumber: true, fields: true });

const RecordQuery = PageQuery.extend({
  kind: z.enum(RECORD_KINDS).default('manifests'),
  state: z.enum(MATCH_STATES).optional(),
  /** Those that stood in this file. */
  importId: Uuid.optional(),
});

function recordRoutes(app: App, { database: { pool }, journal }: Services): void {
  app.get(
    '/v1/official-records',
    {
      config: { operation: 'official-records.read' },
      schema: {
        summary: '官方记录与比对结果 · What official systems say, held against ours',
        tags: ['official-records'],
        querystring: RecordQuery,
        response: { 200: pageOf(RecordView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { kind, state, importId, limit, cursor } = request.query;
      const states = state ? [state] : MATCH_STATES;
      const filter = { kind, states, importId, below: readCursor(cursor), rowsMax: limit + 1 };
      const rows = await recordsOf(pool, request.caller, filter);
      return sendPage(request, reply, rows.map(viewOf(languageOf(request))), limit);
    },
  );

  app.get(
    '/v1/official-records/:id',
    {
      config: { operation: 'official-records.read' },
      schema: {
        summary: '一条官方记录 · One record, with what it said before',
        tags: ['official-records'],
        params: Id,
        response: { 200: RecordView.extend({ earlier: z.array(EarlierView) }), default: ProblemView },
      },
    },
    async (request) => {
      const found = await findRecord(pool, request.caller, request.params.id);
      if (!found) throw Problem.of(notFound('official_record', request.params.id));
      return { ...viewOf(languageOf(request))(found), earlier: found.earlier as never };
    },
  );

  addAct(app, journal, {
    url: '/v1/official-parties/:id/resolution',
    operation: 'official-parties.resolve',
    summary: '认定官方系统中的单位 · Is it one of ours, a new one, or left alone',
    act: resolveOfficialParty,
    body: ResolutionBody,
    example: { sameAs: exampleId('consignor'), reason: '同一企业，官方名称多一空格' },
    answer: ActAnswer.extend({
      decision: z.enum(['same_as', 'registered', 'ignored']),
      partyId: z.uuid().nullable(),
    }),
    input: ({ params, body }) => ({ ...(body as z.output<typeof ResolutionBody>), id: params.id }),
  });
}

const OUR_NUMBER: Bilingual = {
  zh: '官方记录中的编号与本系统联单的编号相同，而该联单未登记此官方编号；确为同一份的，请用 POST /v1/manifests/{id}/official-record 登记，即可比对。',
  en: 'The official record bears the number that a manifest has here, and nobody told it to be its official number; if they are one, tell it by POST /v1/manifests/{id}/official-record and they are compared.',
};

const viewOf =
  (language: keyof Bilingual) =>
  ({ hasOurNumber, ...row }: RecordRow): z.output<typeof RecordView> =>
    ({ ...row, hint: hasOurNumber ? OUR_NUMBER[language] : null }) as unknown as z.output<typeof RecordView>;
