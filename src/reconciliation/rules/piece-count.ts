/**
 * Pieces that were to arrive against pieces received, line by line, and which, where they were scanned; and of what was refused,
 * pieces sent back against pieces taken back: containers do not evaporate. What an incident took is told there. TM 18 ¶2, 12(1). Pure.
 */

import { z } from 'zod';
import { STREAMS } from '../../catalogue/streams.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { piecesOf } from '../../manifests/parts.ts';
import type { Line, LineContainer } from '../../manifests/tables.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Rule, stepOver } from './rule.ts';

export const PIECE_COUNT_RULE: Rule<'manifest', never, object> = {
  id: 'piece_count',
  codes: ['HW-06'],
  kind: 'condition',
  title: { zh: '装运与接受件数不符', en: 'Pieces loaded and pieces received differ' },
  streams: STREAMS,
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'pieces',
  facts: [],
  wokenBy: {
    receipt_recorded: 'itself',
    return_received: 'itself',
    manifest_corrected: 'itself',
    incident_resolved: 'itself',
  },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'destinationRegion', manifest.acceptedAt, 'acceptedAt'),
  judge({ manifest }, { steps, basis }) {
    const counts = [...manifest.lines.map(countOf), ...returnsOf(manifest)];
    const differing = counts.filter(({ apart }) => apart > 0);
    const worst = differing.toSorted((a, b) => b.apart - a.apart)[0];
    const step = worst && stepOver(steps, worst.apart);
    if (!step) return { clear: true };
    const told = (pick: 'loaded' | 'received') =>
      Object.fromEntries(
        differing.map((count) => [`line${count.line}Pieces${count.isBack ? 'Back' : ''}`, count[pick]]),
      );
    const { line, apart } = worst;
    return {
      finding: {
        severity: step.severity,
        observed: { ...told('received'), ...codesTold(differing) },
        expected: told('loaded'),
        tolerance: { name: 'piece_count', value: step.over, unit: 'pieces', source: basis },
        basis,
        evidence: eventsOf(manifest),
        summary: summaryOf(worst),
        question: {
          partyId: worst.isBack ? manifest.consignorId : manifest.carrierId,
          zh: `请说明第 ${line} 行相差的 ${apart} 件在何处。`,
          en: `Where are the ${apart} pieces of line ${line} that differ?`,
        },
      },
    };
  },
};

interface Count {
  readonly line: number;
  /** Of what was sent back. */
  readonly isBack: boolean;
  readonly loaded: number;
  readonly received: number;
  readonly apart: number;
  /** Codes of containers that were loaded and not there at receipt, and of others that were. */
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** By identity where a line was scanned when it was loaded, and a container is missing or is another; else by the figures. */
function countOf(line: Line): Count {
  const scanned = line.containers.filter(({ batchId, joined }) => batchId !== null && !joined);
  const travelled = line.containers.filter(({ batchId, heldUp }) => batchId !== null && heldUp === null);
  const missing = codesOf(travelled.filter(({ joined, decision }) => !joined && decision === null));
  const extra = scanned.length > 0 ? codesOf(travelled.filter(({ joined, decision }) => joined && decision)) : [];
  if (missing.length + extra.length > 0) {
    const loaded = travelled.filter(({ joined }) => !joined).length;
    const received = travelled.filter(({ decision }) => decision !== null).length;
    return { line: line.line, isBack: false, loaded, received, apart: missing.length + extra.length, missing, extra };
  }
  const loaded = (line.pickedUpPieces ?? 0) - piecesOf([...line.frozen, ...line.lost, ...line.recovered]);
  const received = line.receivedPieces ?? 0;
  return { line: line.line, isBack: false, loaded, received, apart: Math.abs(loaded - received), missing, extra };
}

/** Of what has been taken back; pieces that nobody counted are as many as were sent. */
const returnsOf = ({ remainders }: Manifest): Count[] =>
  remainders.flatMap(({ lines, back }) =>
    (back?.takenBack?.lines ?? []).map(({ line, pieces }) => {
      const loaded = piecesOf(lines.find((one) => one.line === line)!.parts);
      const received = pieces ?? loaded;
      return { line, isBack: true, loaded, received, apart: Math.abs(loaded - received), missing: [], extra: [] };
    }),
  );

const codesOf = (containers: readonly LineContainer[]): string[] => containers.map(({ code }) => code).sort();

const codesTold = (lines: readonly Count[]): Record<string, string> =>
  Object.fromEntries(
    lines.flatMap(({ line, missing, extra }) => [
      ...(missing.length > 0 ? [[`line${line}Missing`, missing.join(', ')] as const] : []),
      ...(extra.length > 0 ? [[`line${line}Extra`, extra.join(', ')] as const] : []),
    ]),
  );

function summaryOf(count: Count): { zh: string; en: string } {
  const { line, isBack, loaded, received, apart } = count;
  if (isBack)
    return {
      zh: `第 ${line} 行退运 ${loaded} 件，收回时清点 ${received} 件，相差 ${apart} 件。`,
      en: `Of line ${line}, ${loaded} pieces were sent back and ${received} counted when they were taken back: ${apart} apart.`,
    };
  const names = namesOf(count);
  return {
    zh: `第 ${line} 行装运 ${loaded} 件，接受时清点 ${received} 件，相差 ${apart} 件。${names.zh}`,
    en: `Of line ${line}, ${loaded} pieces were loaded and ${received} counted at receipt: ${apart} apart.${names.en}`,
  };
}

function namesOf({ missing, extra }: Count): { zh: string; en: string } {
  const [gone, more] = [missing.join(', '), extra.join(', ')];
  return {
    zh: `${gone && `未见容器 ${gone}。`}${more && `多出容器 ${more}。`}`,
    en: `${gone && ` Not there: ${gone}.`}${more && ` Not loaded by any scan: ${more}.`}`,
  };
}
