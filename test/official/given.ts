import { randomBytes } from 'node:crypto';
import { type Answer, type Caller, ok, type World } from '../support/world.ts';

/** Exports of an official system, as files. */
export const CSV = { 'content-type': 'text/csv' };
export const XLSX = { 'content-type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' };

export const MANIFEST_TITLES = [
  '联单编号',
  '联单状态',
  '移出人名称',
  '移出人统一社会信用代码',
  '接受人名称',
  '接受人统一社会信用代码',
  '废物名称',
  '废物代码',
  '移出量（吨）',
  '交付时间',
] as const;

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
export const csvOf = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  [titles, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('');

/** One manifest as an official system exports it. */
export const aRow = (changes: Partial<Record<(typeof MANIFEST_TITLES)[number], string>> = {}): string[] => {
  const row: Record<string, string> = {
    联单编号: aNumber(),
    联单状态: '运输中',
    移出人名称: '',
    移出人统一社会信用代码: '',
    接受人名称: '',
    接受人统一社会信用代码: '',
    废物名称: '废矿物油',
    废物代码: '900-249-08',
    '移出量（吨）': '5',
    交付时间: '2026-09-16',
    ...changes,
  };
  return MANIFEST_TITLES.map((title) => row[title]!);
};

let serial = 100_000 + (randomBytes(2).readUInt16BE() % 50_000);
export const aNumber = (): string => `20263701${serial++}`;

export const importing = (
  caller: Caller,
  file: string | Buffer,
  { kind = 'manifests', system = 'cn-37', headers = CSV } = {},
): Promise<Answer> => caller.post(`/v1/official-imports?system=${system}&kind=${kind}`, file, headers);

export const importRows = async (caller: Caller, rows: readonly (readonly string[])[]) =>
  ok(await importing(caller, csvOf(MANIFEST_TITLES, rows)));

export const recordsOf = async (caller: Caller, query = 'kind=manifests') =>
  ok(await caller.get(`/v1/official-records?limit=200&${query}`)).items;

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/** A code with a right check character (GB 32100), of nobody. */
export function aUscc(): string {
  const organisation = String(randomBytes(4).readUInt32BE()).padStart(8, '0').slice(-8);
  const head = `91370100${organisation}X`;
  const sum = WEIGHTS.reduce((total, weight, nth) => total + weight * ALPHABET.indexOf(head[nth]!), 0);
  return `${head}${ALPHABET[(31 - (sum % 31)) % 31]}`;
}

/** Gives a party of the world its code. */
export async function withUscc(world: World, { partyId }: Caller): Promise<string> {
  const uscc = aUscc();
  const { headers, body } = await world.admin.get(`/v1/parties/${partyId}`);
  const { id: _, version: __, ...record } = body;
  ok(await world.admin.put(`/v1/parties/${partyId}`, { ...record, uscc }, { 'if-match': String(headers.etag) }));
  return uscc;
}
