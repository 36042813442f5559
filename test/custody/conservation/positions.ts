import { accountOf, movementsData, type Place, postingsOf } from '../../../src/custody/ledger.ts';
import { positionsOf } from '../../../src/manifests/booking.ts';
import { manifestsById } from '../../../src/manifests/queries.ts';
import { carrierOf, gramsOf, type ManifestLine, type ManifestRow, manifestsOf, type Play, piecesOf } from './play.ts';

/** Where the mass of every manifest must lie by what its state says, counted again in the plainest way. */
type Reader = Pick<Play, 'scene' | 'rows'>;
type Quantities = { grams: number; pieces: number };
type Sums = Map<string, Quantities>;

function add(sums: Sums, key: readonly unknown[], { grams, pieces }: Quantities, sign = 1): void {
  const text = key.map((part) => part ?? '-').join(' ');
  const sum = sums.get(text) ?? { grams: 0, pieces: 0 };
  sums.set(text, { grams: sum.grams + sign * grams, pieces: sum.pieces + sign * pieces });
}

const all = (parts: readonly Quantities[]): Quantities => ({ grams: gramsOf(parts), pieces: piecesOf(parts) });

/** Keys that differ, with what is there and what should be. */
function compared(is: Sums, should: Sums): string[] {
  const zero = { grams: 0, pieces: 0 };
  return [...new Set([...is.keys(), ...should.keys()])].flatMap((key) => {
    const [a, b] = [is.get(key) ?? zero, should.get(key) ?? zero];
    return a.grams === b.grams && a.pieces === b.pieces
      ? []
      : [`${key}: ${a.grams} g ${a.pieces} pcs, should be ${b.grams} g ${b.pieces} pcs`];
  });
}

type Return = {
  id: string;
  remainder: number;
  lines: readonly { line: number; grams: number; pieces: number | null }[];
};

/** Out of a stock, or into it: under the code the batches have there, which the adjustment account turns into the manifest's. */
function atStock(
  sums: Sums,
  place: readonly unknown[],
  line: ManifestLine,
  quantities: Quantities,
  sign: number,
): void {
  const [role, party, site] = place;
  const code = line.codeAtSource ?? line.wasteCode;
  add(sums, [role, party, site, code, line.line], quantities, sign);
  add(sums, ['adjustment', party, site, code, line.line], quantities, -sign);
  add(sums, ['adjustment', party, site, line.wasteCode, line.line], quantities, sign);
}

/** Of a line with containers each has a code and a place of its own that it came from: only where it went is compared. */
const WENT_TO = ['in_transit', 'consignee_hold', 'incident_hold', 'loss', 'refused_return'];
const isSource = ({ role, owner_id, line }: Record<string, unknown>, { lines, consignee_id }: ManifestRow): boolean =>
  role === 'stock' && owner_id !== consignee_id && lines.some((one) => one.line === line && one.containers.length > 0);
function withoutSources(sums: Sums, { lines, consignee_site_id }: ManifestRow): Sums {
  const result: Sums = new Map();
  for (const [key, quantities] of sums) {
    const [role, party, site, , number] = key.split(' ');
    const scanned = lines.some(({ line, containers }) => line === Number(number) && containers.length > 0);
    const isThere = WENT_TO.includes(role!) || (role === 'stock' && site === consignee_site_id);
    if (!scanned) add(result, [key], quantities);
    else if (isThere) add(result, [role, party, site, 'any', number], quantities);
  }
  return result;
}

/** Role, party, site, code and line of everything a manifest has moved. */
function expectedOf(manifest: ManifestRow, returns: readonly Return[]): Sums {
  const sums: Sums = new Map();
  const { status, consignor_id: consignor, consignor_site_id: site } = manifest;
  const source = manifest.source ?? ['stock', consignor, site, consignor];
  const home = source[0] === 'stock' ? source : ['stock', consignor, site, consignor];
  const consignee = [manifest.consignee_id, manifest.consignee_site_id] as const;
  for (const line of manifest.lines) {
    const put = (place: readonly unknown[], quantities: Quantities, sign?: number) =>
      add(sums, [...place.slice(0, 3), line.wasteCode, line.line], quantities, sign);
    if (line.pickedUpGrams === null) continue;
    // What was weighed at the pickup stays what it was when more is found with the load.
    const found = line.containers.some(({ joined }) => joined);
    const loaded = found ? all(line.loaded) : { grams: line.pickedUpGrams, pieces: line.pickedUpPieces! };
    const taken = manifest.follows_id ? all(line.offered) : loaded;
    atStock(sums, source, line, taken, -1);
    put(['weighing_difference', source[1], source[2]], taken);
    put(['weighing_difference', source[1], source[2]], loaded, -1);
    for (const part of line.lost) put(['loss', part.carrierId, null], part);
    put(['incident_hold', manifest.incident?.carrierId, null], all(line.frozen));
    const rest = { ...loaded };
    for (const gone of [line.frozen, line.lost, line.recovered].map(all)) {
      rest.grams -= gone.grams;
      rest.pieces -= gone.pieces;
    }
    if (status === 'in_transit') put(['in_transit', carrierOf(manifest), null], rest);
    if (status === 'stored') put(['in_transit', carrierOf(manifest), manifest.stored_site_id], rest);
    if (status === 'arrived') put(['consignee_hold', ...consignee], rest);
    if (line.acceptedGrams !== null) {
      const refused = { grams: line.refusedGrams!, pieces: line.refusedPieces! };
      const accepted = { grams: line.acceptedGrams, pieces: line.receivedPieces! - refused.pieces };
      put(['stock', ...consignee], accepted);
      put(['weighing_difference', ...consignee], rest);
      put(['weighing_difference', ...consignee], accepted, -1);
      put(['weighing_difference', ...consignee], refused, -1);
      put(['refused', ''], refused); // taken away again below, remainder by remainder
    }
  }
  for (const [index, { reason, state, place, lines, carrierId }] of manifest.remainders.entries()) {
    for (const { line: number, parts } of lines) {
      const line = manifest.lines[number - 1]!;
      const put = (at: readonly unknown[], quantities: Quantities, sign?: number) =>
        add(sums, [...at.slice(0, 3), line.wasteCode, number], quantities, sign);
      if (reason === 'refused') put(['refused', ''], all(parts), -1);
      if (state === 'held' || state === 'followed') put(place, all(parts));
      if (state === 'returning') put(['in_transit', carrierId, null], all(parts));
      if (state === 'returned') {
        const given = returns.find(({ remainder }) => remainder === index)!.lines.find((one) => one.line === number)!;
        const back = { grams: given.grams, pieces: given.pieces ?? piecesOf(parts) };
        atStock(sums, home, line, back, 1);
        put(['weighing_difference', home[1], home[2]], all(parts));
        put(['weighing_difference', home[1], home[2]], back, -1);
      }
    }
  }
  return sums;
}

/** What the postings of each manifest say, against its state: line by line, and batch by batch as corrections see it. */
export async function misplaced(reader: Reader): Promise<string[]> {
  const manifests = await manifestsOf(reader);
  const ids = manifests.map(({ id }) => id);
  const postings = await reader.rows<Record<string, string> & Quantities>(
    `select p.manifest_id, p.batch_id, p.line, a.id as account, a.role, a.party_id, a.site_id, a.owner_id, a.waste_code, sum(p.grams)::bigint as grams, sum(p.pieces)::int as pieces
     from postings p join accounts a on a.id = p.account_id where p.manifest_id = any($1::uuid[]) group by 1, 2, 3, 4, 5, 6, 7, 8, 9`,
    ids,
  );
  const returns = await reader.rows<Return>(
    `select subject_id as id, (canonical::jsonb->'data'->>'remainder')::int as remainder, canonical::jsonb->'data'->'lines' as lines
     from custody_events where subject_id = any($1::uuid[]) and type = 'return_received'`,
    ids,
  );
  const states = await manifestsById(reader.scene.service.database.pool, ids);
  const found: string[] = [];
  for (const manifest of manifests) {
    const own = postings.filter(({ manifest_id }) => manifest_id === manifest.id);
    const [byLine, byBatch]: [Sums, Sums] = [new Map(), new Map()];
    for (const row of own) {
      if (!isSource(row, manifest)) add(byLine, [row.role, row.party_id, row.site_id, row.waste_code, row.line], row);
      add(byBatch, [row.account, row.batch_id, row.line], row);
    }
    const expected = expectedOf(
      manifest,
      returns.filter(({ id }) => id === manifest.id),
    );
    const wrong = compared(withoutSources(byLine, manifest), withoutSources(expected, manifest));
    const onTheWay = manifest.remainders.some(({ state }) => state === 'returning' || state === 'returned');
    if (!onTheWay) {
      const positions: Sums = new Map();
      const movements = positionsOf(states.find(({ id }) => id === manifest.id)!);
      for (const { account, batchId, line, ...quantities } of postingsOf({ data: movementsData(movements) }))
        add(positions, [account.id, batchId, line], quantities);
      wrong.push(...compared(byBatch, positions).map((one) => `positionsOf ${one}`));
    }
    found.push(...wrong.map((one) => `manifest ${manifest.id} (${manifest.status}) ${one}`));
  }
  return found;
}

/** What is in a container keeps the code of its label. */
const codeOf = (
  { containers, offeredContainers = [] }: ManifestLine,
  { batchId }: { readonly batchId: string },
  otherwise: string,
): string => [...containers, ...offeredContainers].find((one) => one.batchId === batchId)?.wasteCode ?? otherwise;

/** What waits to be brought back or sent on lies there batch by batch, and nothing else does. */
export async function strayed(reader: Reader): Promise<string[]> {
  const [is, should]: [Sums, Sums] = [new Map(), new Map()];
  for (const manifest of await manifestsOf(reader)) {
    const waits = ['draft', 'issued'].includes(manifest.status) && manifest.follows_id !== null;
    for (const line of manifest.lines) {
      const { wasteCode, codeAtSource = wasteCode, frozen, offered } = line;
      const hold: Place = ['incident_hold', manifest.incident?.carrierId ?? '', null, manifest.consignor_id];
      for (const part of frozen) add(should, [accountOf(hold, codeOf(line, part, wasteCode)).id, part.batchId], part);
      const source = manifest.source as Place;
      if (waits)
        for (const part of offered)
          add(should, [accountOf(source, codeOf(line, part, codeAtSource)).id, part.batchId], part);
    }
    for (const { place, lines } of manifest.remainders.filter(({ state }) => state === 'held'))
      for (const { line, parts } of lines) {
        const of = manifest.lines[line - 1]!;
        for (const part of parts)
          add(should, [accountOf(place as Place, codeOf(of, part, of.wasteCode)).id, part.batchId], part);
      }
  }
  const held = await reader.rows<{ account: string; batch: string } & Quantities>(
    `select l.account_id as account, l.batch_id as batch, l.grams, l.pieces from balances l join accounts a on a.id = l.account_id
     where a.owner_id = any($1::uuid[]) and a.role in ('incident_hold', 'refused_return')`,
    [...reader.scene.callers.keys()],
  );
  for (const row of held) add(is, [row.account, row.batch], row);
  return compared(is, should).map((one) => `in a hold ${one}`);
}
