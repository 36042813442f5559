import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A stream that is added tomorrow, as it would be: a row of streams.json, its class, a method, a number format. Imported before anything
 * of the service, it appends these rows to the files as they are read; no source file knows of it.
 */
export const ADDED = 'river_silt';

const name = (zh: string, en: string) => ({ zh, en });
const ROW = {
  stream: ADDED,
  ...name('河湖淤泥', 'river silt'),
  list: 'SW',
  classes: ['SW99'],
  roles: {
    consignor: name('清淤单位', 'dredger'),
    carrier: name('运输单位', 'haulier'),
    consignee: name('消纳单位', 'receiving site'),
  },
  linesMax: 1,
  oneClass: true,
  stock: 'kept',
  manifest: { projectId: 'absent' },
  line: {
    form: { default: 'semi_solid' },
    hazards: 'absent',
    packaging: { default: 'bulk' },
    pieces: 'optional',
    hazardousComponent: 'absent',
    unNumber: 'absent',
    packingGroup: 'absent',
    exemption: 'absent',
    volumeLitres: 'absent',
    moisturePermille: 'required',
  },
  basis: { instrument: '试验', article: '1' },
};
const NUMBERS = {
  id: 'nation/manifest-number-format/river_silt/2022-01-01',
  policy: 'manifest-number-format',
  jurisdiction: '000000',
  stream: ADDED,
  value: { prefix: 'HN', serialDigits: 8 },
  looksAt: 'issued',
  place: 'origin',
  basis: { instrument: '试验', article: '1' },
  ours: true,
  inForceFrom: '2022-01-01',
  inForceTo: null,
};

const appended = (row: object) => (text: string) => JSON.stringify([...JSON.parse(text), row]);
const MORE: Readonly<Record<string, (text: string) => string>> = {
  'streams.json': appended(ROW),
  ...(process.env.WITHOUT_NUMBERS ? {} : { 'policies.json': appended(NUMBERS) }),
  'solid-waste-classes.csv': (text) => `${text.trimEnd()}\nSW99,河湖淤泥,river silt,no\n`,
  'treatment-methods.csv': (text) => `${text.trimEnd()}\nH1,堤岸回填,Fill of banks,use,${ADDED},test\n`,
};

const read = fs.readFileSync;
fs.readFileSync = ((path: fs.PathOrFileDescriptor, options?: never) => {
  const found = read(path, options) as string | Buffer;
  const more = path instanceof URL ? MORE[basename(fileURLToPath(path))] : undefined;
  return more ? more(found.toString()) : found;
}) as typeof fs.readFileSync;
syncBuiltinESMExports();
