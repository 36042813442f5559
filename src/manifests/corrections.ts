/**
 * What may be corrected on a manifest after it was issued, and who has to agree (TM 29: an irregular entry that is put
 * right in time, with reasons, is no breach). Old values stay readable for ever: a correction is one more event. Pure.
 */
import { z } from 'zod';
import { plateRemarks } from '../catalogue/plate-remarks.ts';
import { HAZARDS, type Hazard } from '../catalogue/waste-codes.ts';
import { fieldErrors } from '../platform/schema-messages.ts';
import { Grams, Instant, MoisturePermille, Pieces, ShortText, TypedNumber, Uuid } from '../platform/values.ts';
import { against, type Bilingual, inLanguage, type Refusal } from '../problems.ts';
import { lotOfRefused } from './booking.ts';
import { FORMS, PACKAGINGS } from './inputs.ts';
import { currentLeg } from './lifecycle.ts';
import { isScanned } from './line-containers.ts';
import type { Manifest } from './manifest.ts';
import { carried, travels } from './parts.ts';
import { loadedAnew } from './sharing.ts';
import type { Approver, FieldChange, FieldValue, Leg, Line } from './tables.ts';
import { withoutVolumeOf } from './volumes.ts';

interface Field {
  readonly value: z.ZodType<FieldValue>;
  /** Whom the entry concerns: each has to agree, besides whoever proposes. */
  readonly concerns: readonly Approver[];
  /** What must have been recorded for there to be anything to correct. */
  readonly once: 'issued' | 'loaded' | 'arrived' | 'received';
  /** From the receipt on what was accepted lies in the consignee's stock under its code. */
  readonly untilReceipt?: true;
}

const PARTIES: readonly Approver[] = ['consignor', 'carrier', 'consignee'];
const WITH_REGULATOR: readonly Approver[] = [...PARTIES, 'regulator'];
const ENDS: readonly Approver[] = ['consignor', 'consignee'];
const ENDS_AND_REGULATOR: readonly Approver[] = [...ENDS, 'regulator'];

/** /lines/<from 0>/<name> */
const LINE_FIELDS = {
  name: { value: ShortText, concerns: ENDS, once: 'issued' },
  form: { value: z.enum(FORMS), concerns: ENDS, once: 'issued' },
  hazards: {
    value: z
      .array(z.enum(Object.keys(HAZARDS) as [Hazard, ...Hazard[]]))
      .min(1)
      .max(5),
    concerns: ENDS,
    once: 'issued',
  },
  packaging: { value: z.enum(PACKAGINGS), concerns: ENDS, once: 'issued' },
  hazardousComponent: { value: ShortText.nullable(), concerns: ENDS, once: 'issued' },
  unNumber: { value: z.string().regex(/^UN\d{4}$/), concerns: PARTIES, once: 'issued' },
  wasteCode: { value: z.string().max(20), concerns: WITH_REGULATOR, once: 'issued', untilReceipt: true },
  pickedUpGrams: { value: Grams, concerns: WITH_REGULATOR, once: 'loaded' },
  pickedUpPieces: { value: Pieces, concerns: PARTIES, once: 'loaded' },
  pickedUpMoisturePermille: { value: MoisturePermille, concerns: WITH_REGULATOR, once: 'loaded' },
  acceptedGrams: { value: Grams.min(1), concerns: ENDS_AND_REGULATOR, once: 'received' },
  refusedGrams: { value: Grams, concerns: ENDS_AND_REGULATOR, once: 'received' },
  refusedPieces: { value: Pieces, concerns: ENDS, once: 'received' },
  receivedPieces: { value: Pieces, concerns: ENDS, once: 'received' },
  receivedMoisturePermille: { value: MoisturePermille, concerns: ENDS_AND_REGULATOR, once: 'received' },
  method: { value: z.string().max(4), concerns: ENDS_AND_REGULATOR, once: 'received' },
} as const satisfies Record<string, Field>;

/** /legs/<from 0>/<name> */
const LEG_FIELDS = {
  plate: {
    value: z
      .string()
      .min(1)
      .max(20)
      .transform((given) => plateRemarks(given).plate),
    concerns: ['consignor', 'carrier'],
    once: 'loaded',
  },
  driverId: { value: Uuid.nullable(), concerns: ['carrier'], once: 'loaded' },
  waybillNumber: { value: TypedNumber.max(64).nullable(), concerns: ['carrier'], once: 'loaded' },
} as const satisfies Record<string, Field>;

/** /<name> */
const HEAD_FIELDS = {
  pickedUpAt: { value: Instant, concerns: WITH_REGULATOR, once: 'loaded' },
  arrivedAt: { value: Instant, concerns: WITH_REGULATOR, once: 'arrived' },
  acceptedAt: { value: Instant, concerns: ENDS_AND_REGULATOR, once: 'received' },
} as const satisfies Record<string, Field>;

/** Every path that may be corrected, as a reader would write it. */
export const CORRECTABLE: readonly { readonly path: string; readonly concerns: readonly Approver[] }[] = [
  ...Object.entries(LINE_FIELDS).map(([name, { concerns }]) => ({ path: `/lines/{n}/${name}`, concerns })),
  ...Object.entries(LEG_FIELDS).map(([name, { concerns }]) => ({ path: `/legs/{n}/${name}`, concerns })),
  ...Object.entries(HEAD_FIELDS).map(([name, { concerns }]) => ({ path: `/${name}`, concerns })),
];

interface Target {
  readonly field: Field;
  readonly name: string;
  readonly index: number;
  readonly list: 'lines' | 'legs' | 'head';
}

const PATH = /^\/(?:(lines|legs)\/(0|[1-9]\d?)\/)?([A-Za-z]+)$/;
const TABLES = { lines: LINE_FIELDS, legs: LEG_FIELDS, head: HEAD_FIELDS };

function targetOf(manifest: Manifest, path: string): Target | undefined {
  const [, listed, index, name] = PATH.exec(path) ?? [];
  if (name === undefined) return undefined;
  const list = (listed ?? 'head') as Target['list'];
  const field = Object.hasOwn(TABLES[list], name) ? (TABLES[list] as Record<string, Field>)[name] : undefined;
  const at = Number(index ?? 0);
  const isThere = list === 'head' || at < manifest[list].length;
  const isMeasured = !name.endsWith('MoisturePermille') || manifest.lines[at]?.moisturePermille !== undefined;
  return field && isThere && isMeasured ? { field, name, index: at, list } : undefined;
}

const entryAt = (manifest: Manifest, { list, index }: Target): object =>
  list === 'head' ? manifest : manifest[list][index]!;

function valueAt(manifest: Manifest, target: Target): FieldValue {
  const value = (entryAt(manifest, target) as Record<string, unknown>)[target.name];
  return value instanceof Date ? value.toISOString() : ((value ?? null) as FieldValue);
}

export interface Proposed {
  readonly changes: readonly FieldChange[];
  readonly approvers: readonly Approver[];
}

/** Are these corrections that can be made? The old values are ours to say. */
export function checkChanges(
  manifest: Manifest,
  wanted: readonly { readonly path: string; readonly value: unknown }[],
): Proposed | { refusal: Refusal } {
  const changes: FieldChange[] = [];
  const approvers = new Set<Approver>();
  for (const [index, { path, value }] of wanted.entries()) {
    const target = targetOf(manifest, path);
    if (!target) return { refusal: beyondList(manifest, index, path) ?? unknownPath(index, path) };
    if (changes.some((change) => change.path === path)) return { refusal: twice(index, path) };
    const begun = target.list !== 'legs' || manifest.legs[target.index]!.startedAt !== null;
    if (!begun || !isRecorded(manifest, target.field)) return { refusal: notRecorded(index, path, target.field) };
    const parsed = target.field.value.safeParse(value);
    if (!parsed.success) return { refusal: badValue(index, path, fieldErrors(parsed.error.issues)[0]!.detail) };
    const to = target.list === 'head' ? new Date(parsed.data as string).toISOString() : parsed.data;
    const from = valueAt(manifest, target);
    if (JSON.stringify(from) === JSON.stringify(to)) return { refusal: same(index, path, from) };
    if (target.name === 'acceptedGrams' && from === 0) return { refusal: neverAccepted(index, path) };
    changes.push({ path, from, to });
    for (const approver of target.field.concerns) approvers.add(approver);
  }
  const refusal = impossible(manifest, changes) ?? severalCarriers(manifest, changes);
  return refusal ? { refusal } : { changes, approvers: [...approvers] };
}

/**
 * Of several carriers each answers for its own leg; for what was loaded the first, for the rest whoever has the load, or
 * brought it. Nobody when the carrier has no part in it.
 */
export function carriersConcerned(manifest: Manifest, changes: readonly Pick<FieldChange, 'path'>[]): string[] {
  const ids = changes.flatMap(({ path }) => {
    const target = targetOf(manifest, path);
    if (!target?.field.concerns.includes('carrier')) return [];
    const loaded = target.name.startsWith('pickedUp') ? 0 : currentLeg(manifest);
    return [manifest.legs[target.list === 'legs' ? target.index : loaded]!.carrierId];
  });
  return [...new Set(ids)];
}

/** One carrier speaks for itself and not for another: what concerns two is proposed as two. */
const severalCarriers = (manifest: Manifest, changes: readonly FieldChange[]): Refusal | undefined =>
  carriersConcerned(manifest, changes).length < 2
    ? undefined
    : notAllowed(
        '/changes',
        '所更正的内容分属不同承运人；请分别提出更正。',
        'These changes concern different carriers; propose a correction for each.',
      );

/** The paths whose value is no longer what it was when the correction was proposed. */
export const changedSince = (manifest: Manifest, changes: readonly FieldChange[]): string[] =>
  changes.flatMap(({ path, from }) => {
    const target = targetOf(manifest, path);
    return target && JSON.stringify(valueAt(manifest, target)) === JSON.stringify(from) ? [] : [path];
  });

/** Between the proposal and the last agreement the load moves on: what could be corrected then may be past correcting. */
export function noLongerPossible(manifest: Manifest, changes: readonly FieldChange[]): Refusal | undefined {
  for (const [index, { path }] of changes.entries()) {
    const { field } = targetOf(manifest, path)!;
    if (!isRecorded(manifest, field)) return notRecorded(index, path, field);
  }
  return impossible(manifest, changes);
}

function isRecorded({ status, pickedUpAt, arrivedAt, acceptedAt }: Manifest, { once, untilReceipt }: Field): boolean {
  if (untilReceipt && acceptedAt) return false;
  const known = { issued: status !== 'draft', loaded: pickedUpAt, arrived: arrivedAt, received: acceptedAt };
  return Boolean(known[once]);
}

/** Figures that cannot be: more lost or received than was there in pieces, or a remainder that has moved on meanwhile. */
function impossible(manifest: Manifest, changes: readonly FieldChange[]): Refusal | undefined {
  const next = applyChanges(manifest, changes);
  const short = next.lines.find((line) =>
    carried(line).some(({ grams, pieces, dryGrams = 0 }) => Math.min(grams, pieces, dryGrams) < 0),
  );
  if (short)
    return notAllowed(
      '/changes',
      `第 ${short.line} 行更正后少于途中已损失或冻结的数量。`,
      `Line ${short.line} would then have less than what was lost or held up on the way.`,
    );
  if (manifest.status === 'ended' && travels(next.lines))
    return notAllowed(
      '/changes',
      '联单已途中终止，更正后不得有仍在运输的数量。',
      'The manifest ended on the way: after a correction nothing of it travels either.',
    );
  const fewer = next.lines.find(({ receivedPieces, refusedPieces }) => (receivedPieces ?? 0) < (refusedPieces ?? 0));
  if (fewer)
    return notAllowed(
      '/changes',
      `第 ${fewer.line} 行拒收件数多于收到件数。`,
      `Line ${fewer.line} would have more pieces refused than received.`,
    );
  const noneSuch = next.lines.find(
    ({ containers, ...line }) =>
      isScanned({ containers, ...line }) &&
      ((line.refusedGrams ?? 0) > 0 || (line.refusedPieces ?? 0) > 0) &&
      !containers.some(({ batchId, decision }) => batchId !== null && decision === 'refused'),
  );
  if (noneSuch)
    return notAllowed(
      '/changes',
      `第 ${noneSuch.line} 行没有被拒收的容器。`,
      `None of the containers of line ${noneSuch.line} was refused.`,
    );
  const unaccepted = next.lines.find((line) => line.acceptedGrams === 0 && line.receivedPieces !== line.refusedPieces);
  const pieces = changes.some(({ path }) => /(received|refused)Pieces$/.test(path));
  if (unaccepted && pieces)
    return notAllowed(
      '/changes',
      `第 ${unaccepted.line} 行未接受，收到件数须等于拒收件数。`,
      `Nothing of line ${unaccepted.line} was accepted: as many pieces were received as refused.`,
    );
  const empty = next.lines.find(isOfNoBatch);
  if (empty)
    return notAllowed(
      '/changes',
      `第 ${empty.line} 行装运时没有任何批次，无从更正其数量；其余由接受记录说明。`,
      `Line ${empty.line} was loaded empty, from no batch, so there is nothing to take more from; the receipt says what came.`,
    );
  const quantities = changes.some(({ path }) => /(Grams|Pieces|wasteCode)$/.test(path));
  const movedOn = manifest.remainders.some(({ state }) => state !== 'held');
  if (quantities && movedOn)
    return notAllowed(
      '/changes',
      '余量已退运或转运，数量不能再更正；请在收回或后续联单上更正。',
      'The remainder has moved on, so quantities can no longer be corrected here; correct them where it went.',
    );
  return undefined;
}

const isOfNoBatch = ({ loaded, pickedUpGrams, pickedUpPieces, refusedGrams, refusedPieces }: Line): boolean =>
  loaded.length === 0 &&
  [pickedUpGrams, pickedUpPieces, refusedGrams, refusedPieces].some((quantity) => (quantity ?? 0) > 0);

/** The manifest with other values, and what follows from them: batches share a new mass as they shared the old one. */
export function applyChanges(manifest: Manifest, changes: readonly FieldChange[]): Manifest {
  let next = manifest;
  for (const { path, to } of changes) {
    const target = targetOf(next, path);
    if (target) next = withValue(next, target, to);
  }
  const at = next.remainders.findIndex(({ reason }) => reason === 'refused');
  const refused = next.acceptedAt ? lotOfRefused(next) : [];
  const remainders = at < 0 ? [...next.remainders, ...refused] : next.remainders.toSpliced(at, 1, ...refused);
  const untouched = at >= 0 && next.remainders[at]!.state !== 'held';
  return { ...next, remainders: untouched ? next.remainders : remainders };
}

function withValue(manifest: Manifest, { list, index, name }: Target, to: FieldValue): Manifest {
  if (list === 'legs') {
    const legs = manifest.legs.map((leg, at): Leg => (at === index ? { ...leg, [name]: to } : leg));
    return { ...manifest, legs };
  }
  if (list === 'lines') {
    const lines = manifest.lines.map(
      (line, at): Line => (at === index ? loadedAnew(withField(line, name, to), line) : line),
    );
    return { ...manifest, lines };
  }
  return { ...manifest, legs: legsFrom(manifest, name, to as string), [name]: new Date(to as string) };
}

/** The first leg begins with the pickup, the last that has begun ends with the arrival. */
function legsFrom({ legs }: Manifest, name: string, at: string): readonly Leg[] {
  if (name === 'pickedUpAt') return legs.with(0, { ...legs[0]!, startedAt: at });
  if (name !== 'arrivedAt') return legs;
  const last = currentLeg({ legs });
  return legs.with(last, { ...legs[last]!, endedAt: at });
}

/** Which batches it is made of is known already: they keep the code they lie under. */
function withField({ codeAtSource, ...line }: Line, name: string, to: FieldValue): Line {
  const next: Line = { ...withoutVolumeOf(line, name), [name]: to };
  const isTied = [line.loaded, line.offered, line.namedBatches].some((batches) => batches.length > 0);
  const before = codeAtSource ?? (isTied ? line.wasteCode : next.wasteCode);
  return before === next.wasteCode ? next : { ...next, codeAtSource: before };
}

const unknownPath = (index: number, path: string): Refusal => ({
  ...notAllowed(
    `/changes/${index}/path`,
    `${path} 不是可更正的字段。`,
    `${path} is not a field of this manifest that can be corrected.`,
  ),
  errors: [
    {
      pointer: `/changes/${index}/path`,
      detail: {
        zh: `${FIELDS_LISTED}（n 从 0 起：/lines/0 是第 1 行）`,
        en: `${FIELDS_LISTED} (n from 0: /lines/0 is line 1)`,
      },
    },
  ],
});
const FIELDS_LISTED = CORRECTABLE.map(({ path }) => path).join(', ');

/** A line or leg that the manifest has not. */
function beyondList(manifest: Manifest, index: number, path: string): Refusal | undefined {
  const [, list] = PATH.exec(path) ?? [];
  if (list === undefined || !targetOf(manifest, path.replace(/\d+/, '0'))) return undefined;
  const last = placeOf(path.replace(/\d+/, String(manifest[list as 'lines' | 'legs'].length - 1)));
  return notAllowed(
    `/changes/${index}/path`,
    `没有 ${path}：从 0 起计，最后一项是 ${last.zh}。`,
    `There is no ${path}: they are counted from 0, and the last is ${last.en}.`,
  );
}

/** A path as a reader of the manifest knows its place: lines and legs have numbers from 1 there. */
function placeOf(path: string): Bilingual {
  const [, list, at] = PATH.exec(path) ?? [];
  if (list === undefined) return { zh: path, en: path };
  const number = Number(at) + 1;
  return list === 'lines'
    ? { zh: `${path}（第 ${number} 行）`, en: `${path} (line ${number})` }
    : { zh: `${path}（第 ${number} 段）`, en: `${path} (leg ${number})` };
}

function twice(index: number, path: string): Refusal {
  const { zh, en } = placeOf(path);
  return notAllowed(`/changes/${index}/path`, `${zh}出现了两次。`, `${en} is named twice.`);
}

function same(index: number, path: string, from: FieldValue): Refusal {
  const { zh, en } = placeOf(path);
  const value = JSON.stringify(from);
  return notAllowed(`/changes/${index}/value`, `${zh}现值已是 ${value}。`, `${en} is ${value} already.`);
}

function badValue(index: number, path: string, wrong: string | Bilingual): Refusal {
  const { zh, en } = placeOf(path);
  return notAllowed(
    `/changes/${index}/value`,
    `${zh}的新值不符合格式：${inLanguage(wrong, 'zh')}。`,
    `The new value of ${en} does not fit: ${inLanguage(wrong, 'en')}.`,
  );
}

const ONCE = {
  issued: { zh: '签发', en: 'it is issued' },
  loaded: { zh: '装运', en: 'it is loaded' },
  arrived: { zh: '运抵', en: 'it has arrived' },
  received: { zh: '接受', en: 'it is received' },
};

function notRecorded(index: number, path: string, { once, untilReceipt }: Field): Refusal {
  const { zh, en } = placeOf(path);
  return untilReceipt
    ? notAllowed(
        `/changes/${index}/path`,
        `${zh}只能在接受之前更正；已接受的废物按其代码入库。`,
        `${en} can be corrected until the receipt only; what is received lies in stock under its code.`,
      )
    : notAllowed(
        `/changes/${index}/path`,
        `${zh}须在${ONCE[once].zh}之后才能更正。`,
        `${en} can be corrected once ${ONCE[once].en}.`,
      );
}

const neverAccepted = (index: number, path: string): Refusal =>
  notAllowed(
    `/changes/${index}/value`,
    `该行已整行拒收，不能更正为接受；请以余量另行转运。`,
    `The line was refused as a whole, so ${path} has no batch; send the remainder on instead.`,
  );

const notAllowed = (pointer: string, zh: string, en: string): Refusal => against(pointer, zh, en, 'TM 29');
