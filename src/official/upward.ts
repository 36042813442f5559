/** What goes up of a manifest: compact, without persons, told by codes that mean the same above. Read by the version of its history. */
import type pg from 'pg';
import { z } from 'zod';
import { STREAMS } from '../catalogue/streams.ts';
import type { ManifestRow } from '../manifests/queries.ts';
import { manifestsById } from '../manifests/queries.ts';
import { ManifestView } from '../manifests/views.ts';
import { exampleId } from '../platform/ids.ts';
import { CivilDay, Grams, Instant, Pieces, Uuid } from '../platform/values.ts';

const Text = z.string().max(200);
const RegionCode = z.string().regex(/^\d{6}$/);
const PartySent = z.strictObject({ name: Text, uscc: Text.nullable() });
const SiteSent = z.strictObject({ name: Text, region: RegionCode, permitCode: Text.nullable() });
const instant = Instant.nullable();
const grams = Grams.nullable();
const pieces = Pieces.nullable();

const LineSent = z.strictObject({
  line: z.number().int().min(1),
  wasteCode: z.string().max(20),
  name: Text,
  form: Text,
  packaging: Text,
  plannedMethod: z.string().max(4),
  method: z.string().max(4).nullable(),
  declaredGrams: Grams,
  /** Where it was declared by volume. */
  volumeLitres: z.number().int().min(0).nullable(),
  moisturePermille: z.number().int().min(0).max(1_000).nullable(),
  declaredPieces: Pieces,
  pickedUpGrams: grams,
  pickedUpPieces: pieces,
  acceptedGrams: grams,
  refusedGrams: grams,
  receivedPieces: pieces,
});

/** The form of it, on both sides. */
export const ManifestSent = z.strictObject({
  manifestId: Uuid,
  version: z.number().int().min(1).max(2_147_483_647),
  /** Head of the hash chain of its events: whoever sent this version answers for that history. */
  headHash: z.string().regex(/^[0-9a-f]{64}$/),
  stream: z.enum(STREAMS),
  status: ManifestView.shape.status,
  number: z.string().max(40),
  officialNumber: z.string().max(40).nullable(),
  officialRecords: z
    .array(
      z.strictObject({
        system: Text,
        number: z.string().max(40),
        status: Text.nullable(),
        statusOn: CivilDay.nullable(),
      }),
    )
    .max(50),
  crossProvince: z.boolean(),
  entryMode: z.enum(['live', 'paper']),
  paperNumber: Text.nullable(),
  originRegion: RegionCode,
  destinationRegion: RegionCode,
  consignor: PartySent,
  consignorSite: SiteSent,
  /** Carriers in their order, with what each stretch was. */
  carriers: z
    .array(
      z.strictObject({
        ...PartySent.shape,
        plate: Text.nullable(),
        waybillNumber: Text.nullable(),
        startedAt: instant,
        endedAt: instant,
      }),
    )
    .max(50),
  consignee: PartySent,
  consigneeSite: SiteSent,
  lines: z.array(LineSent).min(1).max(50),
  discrepancies: ManifestView.shape.discrepancies.max(500),
  issuedAt: instant,
  pickedUpAt: instant,
  arrivedAt: instant,
  acceptedAt: instant,
  voidedAt: instant,
  receiptDueOn: CivilDay.nullable(),
});
export type ManifestSent = z.output<typeof ManifestSent>;

export const RECEIVED_EXAMPLE: ManifestSent = {
  manifestId: exampleId('manifest'),
  version: 3,
  headHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  stream: 'hazardous',
  status: 'in_transit',
  number: '20263701000001',
  officialNumber: null,
  officialRecords: [],
  crossProvince: false,
  entryMode: 'live',
  paperNumber: null,
  originRegion: '370112',
  destinationRegion: '370117',
  consignor: { name: '济南某化工有限公司', uscc: '91370100MA3C000X3M' },
  consignorSite: { name: '一厂', region: '370112', permitCode: null },
  carriers: [
    {
      name: '济南某运输有限公司',
      uscc: null,
      plate: '鲁A12345',
      waybillNumber: null,
      startedAt: '2026-09-15T01:30:00.000Z',
      endedAt: null,
    },
  ],
  consignee: { name: '济南某环保有限公司', uscc: '91370100MA3C00Y18J' },
  consigneeSite: { name: '处置中心', region: '370117', permitCode: null },
  lines: [
    {
      line: 1,
      wasteCode: '900-249-08',
      name: '废矿物油',
      form: 'liquid',
      packaging: 'drum',
      plannedMethod: 'D10',
      method: null,
      declaredGrams: 5_000_000,
      volumeLitres: null,
      moisturePermille: null,
      declaredPieces: 25,
      pickedUpGrams: 4_960_000,
      pickedUpPieces: 25,
      acceptedGrams: null,
      refusedGrams: null,
      receivedPieces: null,
    },
  ],
  discrepancies: [],
  issuedAt: '2026-09-15T01:00:00.000Z',
  pickedUpAt: '2026-09-15T01:30:00.000Z',
  arrivedAt: null,
  acceptedAt: null,
  voidedAt: null,
  receiptDueOn: null,
};

interface Named {
  readonly id: string;
  readonly name: string;
  readonly uscc: string | null;
}
interface Placed {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly permitCode: string | null;
}

/** Those that have a number, as they are now. */
export async function manifestsToSend(pool: pg.Pool, ids: readonly string[]): Promise<ManifestSent[]> {
  const manifests = (await manifestsById(pool, ids)).filter(({ number }) => number !== null);
  // Of that version, whatever has happened since: the row may have moved on between two statements.
  const { rows: heads } = await pool.query<{ id: string; head: string }>(
    `select e.subject_id as id, encode(e.hash, 'hex') as head from unnest($1::uuid[], $2::int[]) as g(id, seq)
     join custody_events e on e.subject_id = g.id and e.seq = g.seq`,
    [manifests.map(({ id }) => id), manifests.map(({ version }) => version)],
  );
  const partyIds = manifests.flatMap(({ consignorId, consigneeId, legs }) => [
    consignorId,
    consigneeId,
    ...legs.map(({ carrierId }) => carrierId),
  ]);
  const { rows: parties } = await pool.query<Named>('select id, name, uscc from parties where id = any($1::uuid[])', [
    partyIds,
  ]);
  const siteIds = manifests.flatMap(({ consignorSiteId, consigneeSiteId }) => [consignorSiteId, consigneeSiteId]);
  const { rows: sites } = await pool.query<Placed>(
    'select id, name, region, permit_code as "permitCode" from sites where id = any($1::uuid[])',
    [siteIds],
  );
  const headOf = new Map(heads.map((row) => [row.id, row.head]));
  const party = new Map(parties.map(({ id, name, uscc }) => [id, { name, uscc }]));
  const site = new Map(sites.map(({ id, ...rest }) => [id, rest]));
  return manifests.map((manifest) => sent(manifest, headOf.get(manifest.id)!, party, site));
}

function sent(
  manifest: ManifestRow,
  headHash: string,
  party: ReadonlyMap<string, Omit<Named, 'id'>>,
  site: ReadonlyMap<string, Omit<Placed, 'id'>>,
): ManifestSent {
  const at = (moment: Date | null) => moment?.toISOString() ?? null;
  return {
    manifestId: manifest.id,
    version: manifest.version,
    headHash,
    stream: manifest.stream,
    status: manifest.status,
    number: manifest.number!,
    officialNumber: manifest.officialNumber,
    officialRecords: manifest.officialRecords.map(({ system, number, status, statusOn }) => ({
      system,
      number,
      status,
      statusOn,
    })),
    crossProvince: manifest.crossProvince,
    entryMode: manifest.entryMode,
    paperNumber: manifest.paperNumber,
    originRegion: manifest.originRegion,
    destinationRegion: manifest.destinationRegion,
    consignor: party.get(manifest.consignorId)!,
    consignorSite: site.get(manifest.consignorSiteId)!,
    carriers: manifest.legs.map(({ carrierId, plate, waybillNumber, startedAt, endedAt }) => ({
      ...party.get(carrierId)!,
      plate,
      waybillNumber,
      startedAt,
      endedAt,
    })),
    consignee: party.get(manifest.consigneeId)!,
    consigneeSite: site.get(manifest.consigneeSiteId)!,
    lines: manifest.lines.map((line) => ({
      line: line.line,
      wasteCode: line.wasteCode,
      name: line.name,
      form: line.form,
      packaging: line.packaging,
      plannedMethod: line.plannedMethod,
      method: line.method,
      declaredGrams: line.declaredGrams,
      volumeLitres: line.volume?.litres ?? null,
      moisturePermille: line.moisturePermille ?? null,
      declaredPieces: line.declaredPieces,
      pickedUpGrams: line.pickedUpGrams,
      pickedUpPieces: line.pickedUpPieces,
      acceptedGrams: line.acceptedGrams,
      refusedGrams: line.refusedGrams,
      receivedPieces: line.receivedPieces,
    })),
    discrepancies: manifest.discrepancies.map(({ line, type }) => ({ line, type })),
    issuedAt: at(manifest.issuedAt),
    pickedUpAt: at(manifest.pickedUpAt),
    arrivedAt: at(manifest.arrivedAt),
    acceptedAt: at(manifest.acceptedAt),
    voidedAt: at(manifest.voidedAt),
    receiptDueOn: manifest.receiptDueOn,
  };
}
