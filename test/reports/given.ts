import { batchFormed } from '../../src/custody/batches.ts';
import { type Movement, movementsData, type Place } from '../../src/custody/ledger.ts';
import type { Act } from '../../src/platform/acts.ts';
import type { Json } from '../../src/platform/events.ts';
import { aLine } from '../manifests/given.ts';
import { type Answer, type Caller, ok, WASTE_CODE, type World } from '../support/world.ts';

/** What the report cases put together again and again. */
export const AUGUST = '2026-08';
/** The first instant of August in Shanghai, and the first after it. */
export const AUGUST_BEGINS = '2026-07-31T16:00:00.000Z';
export const AUGUST_ENDS = '2026-08-31T16:00:00.000Z';

export const draftOf = (caller: Caller, siteId: string, period = AUGUST): Promise<Answer> =>
  caller.get(`/v1/reports/draft?siteId=${siteId}&period=${period}`);

/** Confirms what the draft says. */
export async function confirm(caller: Caller, siteId: string, period = AUGUST, changes: object = {}): Promise<Answer> {
  const { figures, zeroReport } = ok(await draftOf(caller, siteId, period));
  return caller.post('/v1/reports', { siteId, period, figures, zeroReport, ...changes });
}

export const generated = (world: World, massGrams: number, occurredAt: string, changes: object = {}): Promise<string> =>
  world.generate(massGrams, { occurredAt, ...changes });

/** One load from end to end, loaded on one day and received on another. */
export async function aLoad(
  world: World,
  grams: { readonly loaded: number; readonly accepted: number; readonly refused?: number },
  days: { readonly loadedAt: string; readonly receivedAt: string },
): Promise<string> {
  const { id } = ok(
    await world.consignor.post(
      '/v1/manifests',
      world.draftBody({ lines: [aLine({ massGrams: grams.loaded, pieces: 4 })] }),
    ),
  );
  ok(await world.consignor.post(`/v1/manifests/${id}/issue`));
  const lines = [{ line: 1, massGrams: grams.loaded, pieces: 4 }];
  ok(await world.carrier.post(`/v1/manifests/${id}/pickup`, { occurredAt: days.loadedAt, plate: world.plate, lines }));
  ok(await world.carrier.post(`/v1/manifests/${id}/arrival`, { occurredAt: days.receivedAt }));
  ok(
    await world.consignee.post(`/v1/manifests/${id}/receipt`, {
      occurredAt: days.receivedAt,
      lines: [{ line: 1, acceptedGrams: grams.accepted, refusedGrams: grams.refused ?? 0 }],
    }),
  );
  return id;
}

interface Treated {
  readonly batchId: string;
  readonly grams: number;
  readonly residueGrams: number;
  readonly treatmentKind: 'use' | 'disposal';
  readonly occurredAt: string;
}

/** A treatment as the ledger sees it: what goes in leaves the stock, a residue comes back as a batch under its own code. */
export const RESIDUE_CODE = '772-006-49';
export async function aTreatment(world: World, caller: Caller, siteId: string, treated: Treated): Promise<void> {
  const place = (role: 'stock' | 'treated'): Place => [role, caller.partyId, siteId, caller.partyId];
  const { batchId, grams, residueGrams, treatmentKind, occurredAt } = treated;
  const act: Act<Treated> = {
    name: 'treat_for_a_test',
    kind: 'physical',
    needs: () => ({}),
    decide(_input, _states, { newId }) {
      const id = newId();
      const none = { pieces: 0, dryGrams: 0 };
      const movements: Movement[] = [
        {
          ...none,
          wasteCode: WASTE_CODE,
          from: place('stock'),
          to: place('treated'),
          fromBatch: batchId,
          toBatch: batchId,
          grams,
        },
        {
          ...none,
          wasteCode: RESIDUE_CODE,
          from: place('treated'),
          to: place('stock'),
          fromBatch: batchId,
          toBatch: id,
          grams: residueGrams,
        },
      ];
      const formed = {
        id,
        origin: 'generated' as const,
        stock: place('stock'),
        wasteCode: RESIDUE_CODE,
        grams: residueGrams,
        pieces: 0,
      };
      const treatment = {
        method: treatmentKind === 'use' ? 'R9' : 'D10',
        treatmentKind,
        facilityCode: 'MF0001',
      } as Json;
      const event = batchFormed({ ...formed, manifestId: null }, 'treatment_recorded', {
        occurredAt: new Date(occurredAt),
        region: '370117',
        data: { treatment, ...movementsData(movements) },
      });
      return { events: [event], answer: { id } };
    },
  };
  const submission = { caller: { actor: { party: caller.partyId }, role: 'member' }, organisation: caller.partyId };
  await world.service.journal.submit(act, treated, { ...submission, key: `treat ${batchId} ${occurredAt}` });
}
