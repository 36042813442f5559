/** Pieces that were to arrive against pieces received, line by line: containers do not evaporate. What an incident took is told there. TM 18 ¶2, 12(1). Pure. */
import { z } from 'zod';
import { piecesOf } from '../../manifests/parts.ts';
import { eventsOf, sceneOfManifest } from './of-manifest.ts';
import { type Rule, stepOver } from './rule.ts';

export const PIECE_COUNT_RULE: Rule<'manifest', never, object> = {
  id: 'piece_count',
  kind: 'condition',
  title: { zh: '装运与接受件数不符', en: 'Pieces loaded and pieces received differ' },
  streams: ['hazardous', 'medical'],
  subject: 'manifest',
  parameters: z.strictObject({}),
  unit: 'pieces',
  facts: [],
  wokenBy: { receipt_recorded: 'itself', manifest_corrected: 'itself', incident_resolved: 'itself' },
  sceneOf: ({ manifest }) => sceneOfManifest(manifest, 'destinationRegion', manifest.acceptedAt, 'acceptedAt'),
  judge({ manifest }, { steps, basis }) {
    const lines = manifest.lines.map((line) => ({
      line: line.line,
      loaded: (line.pickedUpPieces ?? 0) - piecesOf([...line.frozen, ...line.lost, ...line.recovered]),
      received: line.receivedPieces ?? 0,
    }));
    const differing = lines.filter(({ loaded, received }) => loaded !== received);
    const worst = differing.toSorted((a, b) => Math.abs(b.loaded - b.received) - Math.abs(a.loaded - a.received))[0];
    const step = worst && stepOver(steps, Math.abs(worst.loaded - worst.received));
    if (!step) return { clear: true };
    const told = (pick: 'loaded' | 'received') =>
      Object.fromEntries(differing.map((line) => [`line${line.line}Pieces`, line[pick]]));
    const { line, loaded, received } = worst;
    return {
      finding: {
        severity: step.severity,
        observed: told('received'),
        expected: told('loaded'),
        tolerance: { name: 'piece_count', value: step.over, unit: 'pieces', source: basis },
        basis,
        evidence: eventsOf(manifest),
        summary: {
          zh: `第 ${line} 行装运 ${loaded} 件，接受时清点 ${received} 件，相差 ${Math.abs(loaded - received)} 件。`,
          en: `Of line ${line}, ${loaded} pieces were loaded and ${received} counted at receipt: ${Math.abs(loaded - received)} apart.`,
        },
        question: {
          partyId: manifest.carrierId,
          zh: `请说明第 ${line} 行相差的 ${Math.abs(loaded - received)} 件在何处。`,
          en: `Where are the ${Math.abs(loaded - received)} pieces of line ${line} that differ?`,
        },
      },
    };
  },
};
