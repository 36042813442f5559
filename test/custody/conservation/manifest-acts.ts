import { randomUUID } from 'node:crypto';
import {
  aManifest,
  by,
  type ContainerRow,
  carrierOf,
  containersOf,
  type Doing,
  gramsOf,
  IN_STOCK,
  type ManifestLine,
  type ManifestRow,
  manifestsOf,
  near,
  type Play,
  piecesOf,
  scanOf,
  sum,
} from './play.ts';
import { CODES, SLUDGE } from './scene.ts';

/** Everything that is done to a manifest, with masses, callers and statuses by the throws of a step. */
const url = ({ id }: ManifestRow, act: string): string => `/v1/manifests/${id}/${act}`;
const plateOf = (play: Play): string => `鲁A${String(10_000 + play.die(900))}`;
const carriersFor = ({ scene, die, oneOf }: Play): string[] => {
  const first = die(scene.carriers.length);
  const onward = oneOf([0, 1, 0, 2]);
  return Array.from({ length: 1 + onward }, (_, nth) => scene.carriers[(first + nth) % 3]!.partyId);
};

const draft: Doing = async (play) => {
  const { scene, die, oneOf } = play;
  const consignor = oneOf([
    scene.producers[0]!,
    scene.producers[1]!,
    scene.plants[0]!,
    scene.park,
    scene.producers[0]!,
  ]);
  const isTenant = consignor === scene.producers[1] && die(2) === 1;
  const atSite = isTenant ? scene.park : consignor;
  const drafter = consignor === scene.producers[0] && die(3) === 2 ? scene.agent : consignor;
  const receivers = [...scene.plants, scene.park].filter((one) => one !== atSite);
  const [carrierId, ...onwardCarrierIds] = carriersFor(play);
  const body = {
    consignorSiteId: scene.siteOf.get(atSite.partyId),
    ...(isTenant ? { consignorId: consignor.partyId } : {}),
    consigneeSiteId: scene.siteOf.get(oneOf(receivers)!.partyId),
    carrierId,
    onwardCarrierIds,
    lines: ofOneStream(
      await Promise.all(
        Array.from({ length: oneOf([1, 2, 1, 3]) }, () => aLine(play, consignor.partyId, atSite.partyId)),
      ),
    ),
  };
  const drafted = (await manifestsOf(play)).filter(({ status }) => status === 'draft');
  const revised = die(8) === 7 ? oneOf(drafted) : undefined;
  return revised
    ? by(play, revised.consignor_id).put(`/v1/manifests/${revised.id}`, body)
    : by(play, drafter.partyId).post('/v1/manifests', body);
};

/** Sludge goes alone. */
const ofOneStream = <Line extends { wasteCode: string }>(lines: Line[]): Line[] =>
  lines[0]!.wasteCode === SLUDGE ? lines.slice(0, 1) : lines.filter(({ wasteCode }) => wasteCode !== SLUDGE);

/** Measured, or not. */
const moisture = (play: Play, wasteCode: string): object =>
  wasteCode === SLUDGE ? play.oneOf([{}, { moisturePermille: 690 + play.die(310) }]) : {};

/** Of what lies in the consignor's stock: one batch of it is named, or none. */
async function aLine(play: Play, ownerId: string, holderId: string): Promise<{ wasteCode: string } & object> {
  const { die, oneOf, rows } = play;
  const stock = await rows<{ id: string; code: string; grams: number; pieces: number }>(
    `select b.id, b.waste_code as code, l.grams, l.pieces from batches b join balances l on l.account_id = b.account_id and l.batch_id = b.id
     where b.owner_id = $1 and b.party_id = $2 and l.grams > 0 order by b.formed_at, b.waste_code, l.grams, b.id`,
    ownerId,
    holderId,
  );
  const lot = oneOf(stock);
  const named = oneOf([0, 1, 2]);
  const same = stock.filter(({ code }) => code === lot?.code);
  const batchIds = [lot, same[die(Math.max(1, same.length))]].slice(0, named).flatMap((one) => one?.id ?? []);
  const wasteCode = lot?.code ?? CODES[die(2)]!;
  const fields =
    wasteCode === SLUDGE
      ? { moisturePermille: 700 + die(300), plannedMethod: 'W1' }
      : { form: 'liquid', hazards: ['T'], packaging: 'tank', plannedMethod: 'D10' };
  const line = {
    wasteCode,
    name: '废物',
    ...fields,
    massGrams: Math.max(1, near(play, lot?.grams ?? 500_000)),
    pieces: oneOf([0, lot?.pieces ?? 3]),
    batchIds,
  };
  return line;
}

const issue: Doing = async (play) => {
  const manifest = await aManifest(play, ({ status }) => status === 'draft');
  if (!manifest) return undefined;
  const paper = play.die(5) === 4 ? { paper: { issuedAt: play.ago(3_000), reason: '断网' } } : {};
  return by(play, manifest.consignor_id).post(url(manifest, 'issue'), paper);
};

const voidIt: Doing = async (play) => {
  const manifest = await aManifest(play, ({ status }) => status === 'issued' || status === 'draft');
  return manifest && by(play, manifest.consignor_id).post(url(manifest, 'void'), { reason: '作废' });
};

const pickup: Doing = async (play) => {
  const manifest = await aManifest(play, ({ status }) => status === 'issued');
  if (!manifest) return undefined;
  const [first] = manifest.legs;
  const code = play.die(6);
  const given =
    code > 3 ? await by(play, manifest.consignor_id).post(url(manifest, 'pickup-code'), {}) : { body: undefined };
  const pickupCode = code === 5 ? '000000' : given.body?.pickupCode;
  const trips = await play.rows<{ id: string }>(
    'select id from trips where carrier_id = $1 and ended_at is null order by id',
    first!.carrierId,
  );
  const tripId = play.oneOf([...trips.map(({ id }) => id), undefined]);
  const bodies = await scannable(play, manifest);
  return by(play, first!.carrierId).post(url(manifest, 'pickup'), {
    occurredAt: play.ago(play.die(60)),
    plate: plateOf(play),
    lines: manifest.lines.map(({ line, wasteCode, declaredGrams, declaredPieces }) => {
      const here = bodies.filter(({ code }) => code === wasteCode).map(({ id }) => id);
      const scanned = here.splice(0, play.die(3));
      for (const id of scanned)
        bodies.splice(
          bodies.findIndex((one) => one.id === id),
          1,
        );
      const weighed = { massGrams: near(play, declaredGrams) };
      if (scanned.length > 0) return { line, containers: scanned, ...play.oneOf([{}, weighed]) };
      return {
        line,
        ...weighed,
        ...moisture(play, wasteCode),
        ...play.oneOf([{}, { pieces: declaredPieces }, { pieces: declaredPieces + 1 }, { pieces: 0 }]),
      };
    }),
    ...(pickupCode ? { pickupCode } : {}),
    ...(tripId ? { tripId } : {}),
  });
};

/** Containers that stand where the manifest is loaded from; of a follow-up, those that were left over. */
async function scannable(play: Play, manifest: ManifestRow): Promise<ContainerRow[]> {
  const all = await containersOf(play);
  return manifest.follows_id
    ? all.filter(
        ({ manifest: on, state }) => on === manifest.follows_id && (state === 'refused' || state === 'held_up'),
      )
    : all.filter(
        ({ site, owner, state, batch }) =>
          site === manifest.consignor_site_id &&
          owner === manifest.consignor_id &&
          IN_STOCK.includes(state) &&
          batch !== null,
      );
}

const pickupConfirmation: Doing = async (play) => {
  const manifest = await aManifest(play, ({ status }) => status !== 'draft' && status !== 'issued');
  return (
    manifest && by(play, manifest.consignor_id).post(url(manifest, 'pickup-confirmation'), { occurredAt: play.ago() })
  );
};

/** The legs whose handover waits to be said or confirmed. */
function legsAhead({ legs, status }: ManifestRow): number[] {
  const half = legs.flatMap(({ handover }, index) => (handover && handover.confirmedBy.length < 2 ? [index] : []));
  const next = legs.findLastIndex(({ startedAt }) => startedAt !== null) + 1;
  return status === 'in_transit' && next < legs.length ? [...half, next] : half;
}

const handover: Doing = async (play) => {
  const manifest = await aManifest(play, (one) => legsAhead(one).length > 0);
  if (!manifest) return undefined;
  const leg = play.oneOf(legsAhead(manifest)) ?? 1;
  const side = manifest.legs[leg - play.die(2)] ?? manifest.legs[0]!;
  return by(play, side.carrierId).post(url(manifest, 'handover'), {
    occurredAt: play.ago(),
    place: '收费站',
    ...(await scanOf(play, manifest)),
    ...play.oneOf([{}, { plate: plateOf(play), region: '370105' }]),
  });
};

const onTheRoad = ({ status }: ManifestRow): boolean => status === 'in_transit';

const transitStorage: Doing = async (play) => {
  const { scene } = play;
  const manifest = await aManifest(play, onTheRoad);
  return (
    manifest &&
    by(play, carrierOf(manifest)).post(url(manifest, 'transit-storage'), {
      occurredAt: play.ago(),
      siteId: scene.siteOf.get(play.oneOf([scene.park, scene.plants[0]!]).partyId),
      ...(await scanOf(play, manifest)),
    })
  );
};

const departure: Doing = async (play) => {
  const manifest = await aManifest(play, ({ status }) => status === 'stored');
  return (
    manifest &&
    by(play, carrierOf(manifest)).post(url(manifest, 'departure'), {
      occurredAt: play.ago(),
      plate: plateOf(play),
      ...(await scanOf(play, manifest)),
    })
  );
};

const arrival: Doing = async (play) => {
  const manifest = await aManifest(play, onTheRoad);
  if (!manifest) return undefined;
  const who = play.oneOf([carrierOf(manifest), manifest.consignee_id]);
  return by(play, who).post(url(manifest, 'arrival'), {
    occurredAt: play.ago(),
    ...(await scanOf(play, manifest)),
  });
};

const travelling = ({ loaded, frozen, lost, recovered }: ManifestLine) => ({
  grams: gramsOf(loaded) - gramsOf(frozen) - gramsOf(lost) - gramsOf(recovered),
  pieces: piecesOf(loaded) - piecesOf(frozen) - piecesOf(lost) - piecesOf(recovered),
});

const receipt: Doing = async (play) => {
  const manifest = await aManifest(play, ({ status }) => status === 'arrived');
  if (!manifest) return undefined;
  const lines = manifest.lines.map((line) => {
    const there = line.containers.filter(({ heldUp }) => heldUp === null);
    const decided = there.slice(play.seldom() ? 1 : 0).map(({ containerId }) => ({
      container: containerId,
      decision: play.oneOf(['accepted', 'accepted', 'refused']),
      ...play.oneOf([{}, { massGrams: 1 + play.die(1_000) * 150 }]),
    }));
    if (decided.length > 0 && play.die(4) > 0) return { line: line.line, containers: decided };
    return { line: line.line, ...decisionOn(play, travelling(line)), ...moisture(play, line.wasteCode) };
  });
  return by(play, manifest.consignee_id).post(url(manifest, 'receipt'), { occurredAt: play.ago(), lines });
};

/** Accepted as it came, otherwise weighed, in part, not at all; with the pieces counted or left to follow. */
function decisionOn(play: Play, { grams, pieces }: { grams: number; pieces: number }): object {
  const third = Math.floor(grams / 3);
  const [few, none] = [Math.min(1, pieces), 0];
  return [
    { acceptedGrams: grams },
    { acceptedGrams: near(play, grams) },
    { acceptedGrams: grams - third, refusedGrams: third, refusedPieces: few },
    { acceptedGrams: 0 },
    { acceptedGrams: near(play, third), refusedGrams: near(play, third), acceptedPieces: few, refusedPieces: none },
    { acceptedGrams: 0, refusedGrams: third, refusedPieces: few },
    { acceptedGrams: grams + 5, refusedGrams: 7 },
  ][play.die(7)]!;
}

const lotIn = ({ remainders }: ManifestRow, state: string): number =>
  remainders.findIndex((remainder) => remainder.state === state);
const hasLot = (state: string) => (manifest: ManifestRow) => lotIn(manifest, state) >= 0;

const returnLoad: Doing = async (play) => {
  const manifest = await aManifest(play, hasLot('held'));
  if (!manifest) return undefined;
  const who = play.oneOf([manifest.consignee_id, carrierOf(manifest), manifest.legs[0]!.carrierId]);
  const remainder = play.oneOf([{}, { remainder: manifest.remainders.length - 1 }]);
  return by(play, who).post(url(manifest, 'return'), {
    occurredAt: play.ago(),
    plate: plateOf(play),
    ...('remainder' in remainder && remainder.remainder! < 0 ? {} : remainder),
    ...(await scanOf(play, manifest)),
  });
};

const returnReceipt: Doing = async (play) => {
  const manifest = await aManifest(play, hasLot('returning'));
  if (!manifest) return undefined;
  const lot = manifest.remainders[lotIn(manifest, 'returning')];
  const lines = lot?.lines.map(({ line, parts }) => ({ line, massGrams: near(play, gramsOf(parts)) }));
  return by(play, manifest.consignor_id).post(url(manifest, 'return-receipt'), {
    occurredAt: play.ago(),
    lines: lines ?? [{ line: 1, massGrams: 1 }],
    ...(await scanOf(play, manifest)),
  });
};

const followUp: Doing = async (play) => {
  const manifest = await aManifest(play, hasLot('held'));
  if (!manifest) return undefined;
  const { scene } = play;
  const [carrierId, ...onwardCarrierIds] = carriersFor(play);
  const receivers = [...scene.plants, scene.park].filter(({ partyId }) => partyId !== manifest.consignor_id);
  return by(play, manifest.consignor_id).post(url(manifest, 'follow-up'), {
    carrierId,
    onwardCarrierIds,
    consigneeSiteId: scene.siteOf.get(play.oneOf(receivers)!.partyId),
  });
};

const incident: Doing = async (play) => {
  const manifest = await aManifest(
    play,
    (one) => ['in_transit', 'stored'].includes(one.status) && one.incident === null,
  );
  if (!manifest) return undefined;
  const lines = manifest.lines.slice(0, play.oneOf([1, 2, 3])).flatMap((line): object[] => {
    const there = line.containers.filter(({ heldUp }) => heldUp === null).map(({ containerId }) => containerId);
    if (there.length > 0 && play.die(3) > 0) return [{ line: line.line, containers: there.slice(play.die(2)) }];
    const { grams, pieces } = travelling(line);
    const affected = [Math.ceil(grams / 2), grams, 0, grams + 1][play.die(12) % 5] ?? grams;
    return grams + pieces === 0 ? [] : [{ line: line.line, grams: affected, pieces }];
  });
  return by(play, carrierOf(manifest)).post(url(manifest, 'incident'), {
    occurredAt: play.ago(),
    type: play.oneOf(['leak', 'loss', 'breakdown', 'diversion']),
    place: '桥下',
    description: '泄漏',
    lines,
  });
};

const plan: Doing = async (play) => {
  const manifest = await aManifest(play, (one) => one.incident !== null);
  if (!manifest) return undefined;
  const carrierId = manifest.incident?.carrierId ?? manifest.consignee_id;
  const plans = manifest.incident?.plans ?? [];
  const awaited = [manifest.consignor_id, carrierId].filter((id) => !plans.includes(id));
  return by(play, awaited[0] ?? carrierId).post(url(manifest, 'incident-plan'), { plan: '收集、转运' });
};

const resolution: Doing = async (play) => {
  const manifest = await aManifest(play, (one) => one.incident !== null && one.incident.plans.length > 1);
  if (!manifest) return undefined;
  const lines = manifest.lines
    .filter(({ frozen }) => frozen.length > 0)
    .map(({ line, frozen, containers }) => {
      const held = containers.filter(({ heldUp }) => heldUp === 'held_up');
      if (held.length > 0)
        return {
          line,
          containers: held.map(({ containerId }) => ({
            container: containerId,
            outcome: play.oneOf(['recovered', 'lost', 'recovered']),
          })),
        };
      const [grams, pieces] = [gramsOf(frozen), piecesOf(frozen)];
      const lostGrams = [0, grams, Math.floor(grams / 3), 0][play.die(4)]!;
      const lostPieces = play.oneOf([0, pieces]);
      return {
        line,
        lostGrams,
        lostPieces,
        recoveredGrams: grams - lostGrams,
        recoveredPieces: pieces - lostPieces,
      };
    });
  const newLeg = { carrierId: play.oneOf(play.scene.carriers)!.partyId, plate: plateOf(play) };
  return by(play, manifest.incident?.carrierId ?? manifest.consignor_id).post(url(manifest, 'incident-resolution'), {
    occurredAt: play.ago(),
    lines,
    ...(play.die(3) === 2 && manifest.arrived_at === null ? { newLeg } : {}),
  });
};

/** One to three fields, of those there is something to say about and seldom of others. */
const correction: Doing = async (play) => {
  const isLate = play.die(2) === 1;
  const manifest = await aManifest(
    play,
    ({ status, correction: open, accepted_at }) =>
      open === null && (isLate ? accepted_at !== null : !['draft', 'void'].includes(status)),
  );
  if (!manifest) return undefined;
  const index = play.die(manifest.lines.length);
  const line = manifest.lines[index]!;
  const isReceived = line.acceptedGrams !== null;
  const at = (field: string, value: unknown) => ({ path: `/lines/${index}/${field}`, value });
  const received = [
    at('acceptedGrams', Math.max(1, near(play, line.acceptedGrams ?? 0))),
    at('refusedGrams', near(play, line.refusedGrams ?? 0)),
    at('receivedPieces', (line.receivedPieces ?? 0) + play.die(2)),
    at('refusedPieces', Math.max(0, (line.refusedPieces ?? 0) + play.die(2) - 1)),
    at('method', 'R1'),
    at('receivedMoisturePermille', 650 + play.die(300)),
  ];
  const loaded = [
    at('pickedUpGrams', near(play, line.pickedUpGrams ?? 0)),
    at('pickedUpPieces', (line.pickedUpPieces ?? 0) + play.die(3)),
    at('pickedUpMoisturePermille', 650 + play.die(300)),
    { path: '/legs/0/plate', value: plateOf(play) },
    at('wasteCode', CODES[play.die(2)]),
  ];
  const from = [...(isReceived ? received : []), ...(line.pickedUpGrams !== null ? loaded : []), at('name', '废油')];
  const wanted = Array.from({ length: play.oneOf([1, 2, 1, 3]) }, () => play.oneOf(from)!);
  const changes = wanted.filter(({ path }, nth) => wanted.findIndex((one) => one.path === path) === nth);
  const who = play.oneOf([manifest.consignee_id, manifest.consignor_id, carrierOf(manifest)]);
  return by(play, who).post(url(manifest, 'correction'), { reason: '录入错误', changes });
};

const open = ({ correction: one }: ManifestRow): boolean => one !== null;

/** Whoever has still to agree, one after the other, or one of them only. */
const approval: Doing = async (play) => {
  const manifest = await aManifest(play, open);
  if (!manifest) return undefined;
  const approvers = manifest.correction?.approvers ?? ['consignor'];
  const approvedBy = manifest.correction?.approvedBy ?? [];
  const left = approvers.filter((one) => !approvedBy.includes(one));
  const asked = play.die(3) === 2 ? left.slice(0, 1) : left;
  for (const one of asked.slice(0, -1))
    await voiceOf(play, manifest, one).post(url(manifest, 'correction-approval'), {});
  return voiceOf(play, manifest, asked.at(-1) ?? 'consignor').post(url(manifest, 'correction-approval'), {});
};

function voiceOf(play: Play, manifest: ManifestRow, as: string) {
  const { scene } = play;
  if (as === 'regulator') return scene.regulator;
  const ids = { consignor: manifest.consignor_id, consignee: manifest.consignee_id, carrier: carrierOf(manifest) };
  return by(play, ids[as as keyof typeof ids]);
}

const noToCorrection: Doing = async (play) => {
  const manifest = await aManifest(play, open);
  if (!manifest) return undefined;
  const end = play.oneOf(['correction-rejection', 'correction-withdrawal']);
  const who = play.oneOf([manifest.consignor_id, manifest.correction?.proposedBy ?? '', manifest.consignee_id]);
  return by(play, who).post(url(manifest, end), { reason: '不同意' });
};

const trip: Doing = async (play) => {
  const carrier = play.oneOf(play.scene.carriers)!;
  const [running] = await play.rows<{ id: string }>(
    'select id from trips where carrier_id = $1 and ended_at is null order by id',
    carrier.partyId,
  );
  return running && play.die(4) === 3
    ? by(play, carrier.partyId).post(`/v1/trips/${running.id}/end`, { occurredAt: play.ago() })
    : by(play, carrier.partyId).post('/v1/trips', { plate: plateOf(play), startedAt: play.ago() });
};

/** One manifest on the scale, or the whole vehicle of a trip where it was unloaded. */
const weigh: Doing = async (play) => {
  const all = (await manifestsOf(play)).filter(({ lines }) =>
    lines.some(({ pickedUpGrams }) => pickedUpGrams !== null),
  );
  const onTrips = all.filter(({ trip_id }) => trip_id !== null);
  const manifest = play.die(3) === 2 ? play.oneOf(all) : play.oneOf(onTrips);
  if (!manifest) return undefined;
  const together = onTrips.filter((one) => one.trip_id === manifest.trip_id);
  const loads = (manifest.trip_id === null ? [manifest] : together).flatMap(({ lines }) => lines);
  const net = Math.max(1, near(play, sum(loads.map(({ pickedUpGrams }) => pickedUpGrams ?? 0))));
  return by(play, manifest.consignee_id).post('/v1/weigh-tickets', {
    ticketNumber: randomUUID(),
    siteId: manifest.consignee_site_id,
    purpose: 'unloading',
    grossGrams: 8_000_000 + net,
    tareGrams: 8_000_000,
    occurredAt: play.ago(),
    ...(manifest.trip_id === null ? { manifestId: manifest.id } : { tripId: manifest.trip_id }),
  });
};

/** The ordinary next act of a manifest, whichever it is. */
const advance: Doing = async (play) => {
  const all = (await manifestsOf(play)).reverse();
  const goesOn = play.die(2) === 1;
  const unsettled = all.filter((manifest) => nextOf(manifest, goesOn) !== undefined);
  const chosen = play.oneOf(unsettled);
  const act = chosen && nextOf(chosen, goesOn);
  return act?.({ ...play, seldom: () => false, rows: only(play, chosen!.id) });
};

/** The same reads, as if there were this manifest alone. */
const only =
  (play: Play, id: string): Play['rows'] =>
  async (sql, ...values) => {
    const rows = await play.rows(sql, ...values);
    return (sql.includes('from manifests') ? rows.filter((row) => (row as { id: string }).id === id) : rows) as never;
  };

/** What is open is settled first, or the load goes on meanwhile. */
function nextOf(manifest: ManifestRow, goesOn: boolean): Doing | undefined {
  const { status, correction: proposed, incident: happened } = manifest;
  if (proposed && !goesOn) return approval;
  if (happened && !goesOn) return happened.plans.length > 1 ? resolution : plan;
  if (hasLot('returning')(manifest)) return returnReceipt;
  if (hasLot('held')(manifest)) return returnLoad;
  if (status === 'in_transit') return legsAhead(manifest).length === 0 ? arrival : handover;
  const next = { draft: issue, issued: pickup, stored: departure, arrived: receipt };
  return next[status as keyof typeof next];
}

export const MANIFEST_ACTS = {
  advance,
  draft,
  issue,
  void: voidIt,
  pickup,
  pickupConfirmation,
  handover,
  transitStorage,
  departure,
  arrival,
  receipt,
  returnLoad,
  returnReceipt,
  followUp,
  incident,
  plan,
  resolution,
  correction,
  approval,
  noToCorrection,
  trip,
  weigh,
} satisfies Record<string, Doing>;
