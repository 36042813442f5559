import type { Ground } from './ground.ts';
import { CONSIGNOR, membersBut, type Rows } from './kinds.ts';

/** Projects, what is summed up of them, and loads filed in one act. */
export function projectRows({ world, project, projectId }: Ground): Rows {
  return {
    'GET /v1/projects': {
      operation: 'projects.read',
      url: '/v1/projects?limit=200',
      may: ['administrator', 'consignor'],
      lists: projectId,
    },
    'GET /v1/projects/{id}': {
      operation: 'projects.read',
      url: `/v1/projects/${projectId}`,
      may: ['administrator', 'consignor'],
    },
    'GET /v1/projects/{id}/balance': {
      operation: 'projects.balance',
      url: `/v1/projects/${projectId}/balance`,
      may: ['administrator', 'consignor'],
    },
    'POST /v1/projects': {
      operation: 'projects.register',
      url: '/v1/projects',
      body: project,
      may: ['administrator', 'consignor'],
      told: membersBut('consignor'),
    },
    'PUT /v1/projects/{id}': {
      operation: 'projects.amend',
      url: `/v1/projects/${projectId}`,
      body: project,
      may: ['administrator', 'consignor'],
      told: membersBut('consignor'),
    },
    'GET /v1/sites/{id}/intake': {
      operation: 'sites.intake',
      url: `/v1/sites/${world.consigneeSiteId}/intake`,
      may: ['consignee'],
    },
    'GET /v1/settlements': {
      operation: 'settlements.read',
      url: `/v1/settlements?projectId=${projectId}&month=2026-08`,
      may: [...membersBut(), 'regulatorHere', 'regulatorPassed', 'regulatorElsewhere', 'regulatorOfMedical'],
    },
    'POST /v1/manifests/file': {
      operation: 'manifests.file',
      url: '/v1/manifests/file',
      body: world.draftBody(),
      may: [...CONSIGNOR, 'agent'],
      told: ['consignorElsewhere'],
    },
  };
}
