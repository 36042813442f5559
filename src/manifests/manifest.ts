import type { Audience } from '../parties/audience.ts';
import { addUses, type PermitUse, usesOf } from '../permits/uses.ts';
import type { RecordedEvent } from '../platform/events.ts';
import { RANKS, type StateOf, subjectKind } from '../platform/subjects.ts';
import { type Discrepancy, type DraftLine, type Line, type LineBatch, manifests, type Status } from './tables.ts';

/** The manifest as its events tell it. */
export type Manifest = StateOf<typeof manifests>;

/** What a draft fixes: parties, sites, wastes. */
export type DraftFields = Pick<
  Manifest,
  | 'stream'
  | 'consignorId'
  | 'consignorSiteId'
  | 'carrierId'
  | 'consigneeId'
  | 'consigneeSiteId'
  | 'shipperRole'
  | 'originRegion'
  | 'destinationRegion'
  | 'crossProvince'
> & { readonly lines: readonly DraftLine[] };

interface EventData {
  manifest_drafted: { manifest: DraftFields };
  manifest_revised: { manifest: DraftFields };
  manifest_issued: { number: string };
  picked_up: {
    plate: string;
    driverId: string | null;
    waybillNumber: string | null;
    lines: readonly { line: number; grams: number; pieces: number; loaded: readonly LineBatch[] }[];
  };
  arrived: { dueOn: string; provisional: boolean };
  receipt_recorded: {
    lines: readonly {
      line: number;
      acceptedGrams: number;
      refusedGrams: number;
      receivedPieces: number;
      method: string;
      batchId: string | null;
    }[];
    discrepancies: readonly Discrepancy[];
  };
  manifest_voided: Record<string, never>;
}

export const manifestKind = subjectKind({ name: 'manifest', rank: RANKS.manifest, table: manifests, evolve });

function evolve(state: Manifest | undefined, event: RecordedEvent): Manifest {
  const type = event.type as keyof EventData;
  const at = event.occurredAt;
  switch (type) {
    case 'manifest_drafted':
      return { ...EMPTY, ...drafted(read<'manifest_drafted'>(event)), id: event.subject.id };
    case 'manifest_revised':
      return { ...state!, ...drafted(read<'manifest_revised'>(event)) };
    case 'manifest_issued': {
      const permitUses = withUses(state!, event);
      const lines = state!.lines.map((line) => ({ ...line, permitIds: permitsOfLine(permitUses, line.line) }));
      const number = read<'manifest_issued'>(event).number ?? null;
      return { ...state!, status: 'issued', number, issuedAt: at, lines, permitUses };
    }
    case 'picked_up': {
      const data = read<'picked_up'>(event);
      const { plate, driverId, waybillNumber } = data;
      const lines = withLines(state!, data.lines, ({ grams, pieces, loaded }) => ({
        pickedUpGrams: grams,
        pickedUpPieces: pieces,
        loaded,
      }));
      return {
        ...state!,
        status: 'in_transit',
        plate,
        driverId,
        waybillNumber,
        lines,
        pickedUpAt: at,
        pickedUpEventId: event.id,
      };
    }
    case 'arrived': {
      const { dueOn, provisional } = read<'arrived'>(event);
      return { ...state!, status: 'arrived', arrivedAt: at, receiptDueOn: dueOn, receiptDueProvisional: provisional };
    }
    case 'receipt_recorded': {
      const data = read<'receipt_recorded'>(event);
      const lines = withLines(state!, data.lines, ({ line: _, batchId, ...received }) => ({
        ...received,
        receivedBatchId: batchId,
      }));
      return {
        ...state!,
        status: 'received',
        lines,
        permitUses: withUses(state!, event),
        discrepancies: data.discrepancies,
        acceptedAt: at,
        receivedEventId: event.id,
      };
    }
    case 'manifest_voided':
      return { ...state!, status: 'void', voidedAt: at, permitUses: withUses(state!, event) };
    default:
      throw new Error(`a manifest knows no event ${type satisfies never}`);
  }
}

const read = <Type extends keyof EventData>(event: RecordedEvent): EventData[Type] =>
  event.data as unknown as EventData[Type];

const withUses = (state: Manifest, event: RecordedEvent): PermitUse[] => addUses(state.permitUses, usesOf(event));
const permitsOfLine = (uses: readonly PermitUse[], line: number): string[] =>
  uses.filter((use) => use.line === line).map((use) => use.permitId);

const drafted = ({ manifest }: { manifest: DraftFields }) => ({
  ...manifest,
  lines: manifest.lines.map((line): Line => ({ ...NOTHING_MOVED, ...line })),
});

const NOTHING_MOVED = {
  permitIds: [],
  pickedUpGrams: null,
  pickedUpPieces: null,
  loaded: [],
  acceptedGrams: null,
  refusedGrams: null,
  receivedPieces: null,
  method: null,
  receivedBatchId: null,
};

function withLines<Change extends { line: number }>(
  state: Manifest,
  changes: readonly Change[],
  patchOf: (change: Change) => Partial<Line>,
): Line[] {
  return state.lines.map((line) => {
    const change = changes.find((one) => one.line === line.line);
    return change ? { ...line, ...patchOf(change) } : line;
  });
}

const EMPTY = {
  status: 'draft' as Status,
  number: null,
  officialNumber: null,
  discrepancies: [],
  permitUses: [],
  plate: null,
  driverId: null,
  waybillNumber: null,
  pickedUpEventId: null,
  receivedEventId: null,
  issuedAt: null,
  pickedUpAt: null,
  arrivedAt: null,
  acceptedAt: null,
  voidedAt: null,
  receiptDueOn: null,
  receiptDueProvisional: null,
};

/** A draft is the consignor's alone; from issue on it concerns all who stand on it and both places. */
export function audienceOfManifest(manifest: Manifest): Audience {
  const { status, number, stream, consignorId, carrierId, consigneeId, originRegion, destinationRegion } = manifest;
  const ended = status === 'void' ? 'void' : status === 'received' ? 'closed' : undefined;
  if (number === null) return { stage: ended ?? 'draft', partyIds: [consignorId], regions: [], stream };
  return {
    stage: ended ?? 'open',
    partyIds: [consignorId, carrierId, consigneeId],
    regions: [originRegion, destinationRegion],
    stream,
  };
}
