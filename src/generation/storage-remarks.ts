import { dayInShanghai } from '../catalogue/calendar.ts';
import type { Facts } from '../catalogue/reference.ts';
import { streamOfCode } from '../catalogue/streams.ts';
import { containerKind } from '../custody/containers.ts';
import type { Site } from '../parties/registers.ts';
import type { States, Warning } from '../platform/acts.ts';
import { storeStockLookup } from './queries.ts';
import type { Store } from './registers.ts';
import { storeWarnings } from './rules.ts';
import type { Moved, Part, StorageMoveInput } from './storage.ts';
import { periodsOn, tenantKey, tenantLookup } from './tenants.ts';

/** What is remarked upon when something is put into a store or taken out: told, and recorded all the same. */
export function moveWarnings(
  input: StorageMoveInput,
  store: Store,
  site: Site,
  { parts, warnings }: Moved,
  states: States,
  facts: Facts,
): Warning[] {
  const day = dayInShanghai(new Date(input.occurredAt));
  const { ownerId, wasteCode } = parts[0]!.whole;
  const found = [...warnings, ...parts.flatMap((part) => partWarnings(part, input, store))];
  if (!store.active) found.push(storeClosed);
  found.push(...earlyWarnings(input, parts, states));
  if (input.direction === 'out') return found;
  const mayBeHere =
    ownerId === site.partyId ||
    (store.shared &&
      periodsOn(states.found(tenantLookup, tenantKey(site.id, ownerId)), day).some(
        ({ storeId }) => storeId === null || storeId === store.id,
      ));
  if (!mayBeHere) found.push(notShared(ownerId));
  const place = { region: site.region, stream: streamOfCode(wasteCode), day };
  const point = facts.reference.policyIf('storage-point-limit-grams', place);
  const filling = facts.reference.policyIf('store-capacity-warning-permille', place);
  if (!point || !filling) return found;
  const already = parts.filter(({ whole }) => whole.storeId === store.id).reduce((sum, { grams }) => sum + grams, 0);
  const moved = parts.reduce((sum, { grams }) => sum + grams, 0);
  const load = {
    type: store.type,
    capacityGrams: store.capacityGrams,
    stockGrams: states.found(storeStockLookup, store.id) + moved - already,
    pointLimitGrams: point.value,
    pointBasis: `${point.basis.instrument} ${point.basis.article}`,
    warningPermille: filling.value,
    capacityBasis: `${filling.basis.instrument} ${filling.basis.article}`,
  };
  return [...found, ...storeWarnings(load)];
}

function partWarnings({ whole, pointer, isMoreThanLeft }: Part, input: StorageMoveInput, store: Store): Warning[] {
  const warnings: Warning[] = [];
  if (isMoreThanLeft)
    warnings.push({
      code: 'more-than-left',
      pointer: `${pointer}/massGrams`,
      detail: {
        zh: '超过该批次账面余量；按整批移动。',
        en: 'More than is left of that batch on record; the whole of it moves.',
      },
    });
  const expected = input.direction === 'out' ? store.id : null;
  if (whole.storeId !== expected)
    warnings.push({
      code: 'store-differs',
      pointer,
      basis: 'HJ 1259-2022 B.2, B.3',
      detail: {
        zh: `记录中该批次位于${whole.storeId === null ? '库外' : '另一贮存设施'}；已如实记录。`,
        en: `On record that batch lies in ${whole.storeId === null ? 'no store' : 'another store'}; it is recorded as told.`,
      },
    });
  return warnings;
}

/** A container begins with its label, its batch with what is in it. */
function earlyWarnings({ occurredAt }: StorageMoveInput, parts: readonly Part[], states: States): Warning[] {
  const movedAt = new Date(occurredAt);
  const early = parts.filter(({ whole, containerId }) => {
    const container = containerId === null ? undefined : states.get(containerKind, containerId);
    return movedAt < whole.formedAt || (container && movedAt < container.labelledAt);
  });
  if (early.length === 0) return [];
  const detail = {
    zh: `出入库时间早于其中 ${early.length} 个批次或容器的产生、接收或贴签时间；已如实记录。`,
    en: `The move is earlier than ${early.length} of the batches or containers came into being, came in or were labelled; it is recorded as told.`,
  };
  return [{ code: 'moved-before-formed', pointer: '/occurredAt', basis: 'HJ 1259-2022 B.2, B.3', detail }];
}

const notShared = (ownerId: string): Warning => ({
  code: 'store-not-shared',
  pointer: '/storeId',
  detail: {
    zh: `该贮存设施未登记为单位 ${ownerId} 的集中暂存设施。`,
    en: `Party ${ownerId} is not registered to keep waste in this store.`,
  },
});

const storeClosed: Warning = {
  code: 'store-not-active',
  pointer: '/storeId',
  detail: { zh: '该贮存设施已停用。', en: 'This store is not in use.' },
};
