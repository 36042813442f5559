import { RECEIVED_EXAMPLE } from '../../src/official/upward.ts';
import { CSV, csvOf, MANIFEST_TITLES } from '../official/given.ts';
import { ok } from '../support/world.ts';
import type { Ground } from './ground.ts';
import { CONSIGNOR, EVERY_READER, type Kind, type Rows } from './kinds.ts';

const REGULATORS: readonly Kind[] = ['regulatorHere', 'regulatorPassed', 'regulatorElsewhere', 'regulatorOfMedical'];
const BOUND: readonly Kind[] = ['consignorHere', 'consignorElsewhere'];

/** What a regulator imported is its own; parties an administrator may decide on, whoever brought them. */
export async function officialRows({ world, transit }: Ground): Promise<Rows> {
  const { regulator } = world;
  const path = '/v1/official-imports?system=cn-37&kind=manifests';
  const row = ['20263701999999', '运输中', '某单位', '', '另一单位', '', '废矿物油', '900-249-08', '5', '2026-09-15'];
  const file = csvOf(MANIFEST_TITLES, [row]);
  const importId = ok(await regulator.post(path, file, CSV)).id;
  const find = async (kind: string) =>
    ok(await regulator.get(`/v1/official-records?kind=${kind}`)).items[0].id as string;
  const recordId = await find('manifests');
  const partyId = await find('parties');
  const item = { ...RECEIVED_EXAMPLE, manifestId: transit };
  ok(await regulator.put('/v1/received-manifests', { items: [item] }));
  const receivedId = ok(await regulator.get('/v1/received-manifests')).items[0].id as string;
  const reads = (below: string): Rows => ({
    [`GET /v1/official-imports/{id}${below}`]: {
      operation: 'official-imports.read',
      url: `/v1/official-imports/${importId}${below}`,
      may: ['regulatorHere'],
    },
  });
  return {
    'POST /v1/manifests/{id}/official-record': {
      operation: 'manifests.official-record',
      url: `/v1/manifests/${transit}/official-record`,
      body: { system: 'cn-37', number: '20263701000123', seenAt: world.clock.now().toISOString() },
      may: [...CONSIGNOR, 'carrier', 'secondCarrier', 'consignee', 'regulatorHere'],
    },
    'POST /v1/official-imports': {
      operation: 'official-imports.record',
      url: '/v1/official-imports?system=cn-37&kind=parties',
      body: csvOf(['单位名称'], [['某单位']]),
      headers: CSV,
      may: EVERY_READER.filter((kind) => !BOUND.includes(kind)),
      told: BOUND,
    },
    'GET /v1/official-imports': {
      operation: 'official-imports.read',
      url: '/v1/official-imports',
      may: ['regulatorHere'],
      lists: importId,
    },
    ...reads(''),
    ...reads('/errors'),
    ...reads('/file'),
    'GET /v1/official-records': {
      operation: 'official-records.read',
      url: '/v1/official-records?kind=parties&limit=200',
      may: ['regulatorHere', 'administrator'],
      lists: partyId,
    },
    'GET /v1/official-records/{id}': {
      operation: 'official-records.read',
      url: `/v1/official-records/${recordId}`,
      may: ['regulatorHere'],
    },
    'POST /v1/official-parties/{id}/resolution': {
      operation: 'official-parties.resolve',
      url: `/v1/official-parties/${partyId}/resolution`,
      body: { ignore: true },
      may: ['regulatorHere', 'administrator'],
    },
    'PUT /v1/received-manifests': {
      operation: 'received-manifests.receive',
      url: '/v1/received-manifests',
      body: { items: [{}] },
      may: REGULATORS,
    },
    'GET /v1/received-manifests': {
      operation: 'received-manifests.read',
      url: '/v1/received-manifests',
      may: ['regulatorHere'],
      lists: receivedId,
    },
    'GET /v1/received-manifests/{id}': {
      operation: 'received-manifests.read',
      url: `/v1/received-manifests/${receivedId}`,
      may: ['regulatorHere'],
    },
    'GET /v1/upstream-pushes': {
      operation: 'upstream-pushes.read',
      url: '/v1/upstream-pushes',
      may: ['administrator'],
    },
  };
}
