import type { Ground } from './ground.ts';
import { CONSIGNOR, EVERY_READER, membersBut, type Rows, WATCHERS } from './kinds.ts';

/** Permits, delegations, designations, policies and rules; reports, registers and coverage. */
export function lawRows({
  world,
  plan,
  planId,
  delegation,
  delegationId,
  designation,
  designationId,
  zero,
  reportId,
  policy,
  rule,
}: Ground): Rows {
  return {
    'GET /v1/policies': { operation: 'policies.read', url: '/v1/policies', may: EVERY_READER },
    'GET /v1/policies/effective': {
      operation: 'policies.read',
      url: '/v1/policies/effective?region=370117&stream=hazardous',
      may: EVERY_READER,
    },
    'GET /v1/policies/{id}': { operation: 'policies.read', url: `/v1/policies/${policy.id}`, may: EVERY_READER },
    'POST /v1/policies': {
      operation: 'policies.register',
      url: '/v1/policies',
      body: bodyOf(policy),
      may: ['administrator'],
    },
    'PUT /v1/policies/{id}': {
      operation: 'policies.amend',
      url: `/v1/policies/${policy.id}`,
      body: bodyOf(policy),
      may: ['administrator'],
    },
    'GET /v1/permits': {
      operation: 'permits.read',
      url: '/v1/permits?limit=200',
      may: ['administrator', ...CONSIGNOR, 'consignorElsewhere', ...WATCHERS],
      lists: planId,
    },
    'GET /v1/permits/{id}': {
      operation: 'permits.read',
      url: `/v1/permits/${planId}`,
      may: ['administrator', ...CONSIGNOR, 'consignorElsewhere', ...WATCHERS],
    },
    'POST /v1/permits': {
      operation: 'permits.register',
      url: '/v1/permits',
      body: plan,
      may: ['administrator', 'consignor', ...WATCHERS],
      told: [...membersBut('consignor'), 'regulatorElsewhere', 'regulatorPassed'],
    },
    'PUT /v1/permits/{id}': {
      operation: 'permits.amend',
      url: `/v1/permits/${planId}`,
      body: plan,
      may: ['administrator', 'consignor', ...WATCHERS],
      told: ['consignorHere', 'consignorElsewhere'],
    },
    'GET /v1/permits/{id}/uses': {
      operation: 'permits.uses',
      url: `/v1/permits/${planId}/uses`,
      may: [...CONSIGNOR, ...WATCHERS],
      empty: ['consignorElsewhere'],
    },
    'GET /v1/delegations': {
      operation: 'delegations.read',
      url: '/v1/delegations?limit=200',
      may: ['administrator', ...CONSIGNOR, 'agent'],
      lists: delegationId,
    },
    'GET /v1/delegations/{id}': {
      operation: 'delegations.read',
      url: `/v1/delegations/${delegationId}`,
      may: ['administrator', ...CONSIGNOR, 'agent'],
    },
    'POST /v1/delegations': {
      operation: 'delegations.register',
      url: '/v1/delegations',
      body: delegation,
      may: ['administrator', ...CONSIGNOR],
      told: membersBut(...CONSIGNOR),
    },
    'PUT /v1/delegations/{id}': {
      operation: 'delegations.amend',
      url: `/v1/delegations/${delegationId}`,
      body: delegation,
      may: ['administrator', ...CONSIGNOR],
      told: ['agent'],
    },
    'GET /v1/designations': {
      operation: 'designations.read',
      url: '/v1/designations?limit=200',
      may: ['administrator', ...CONSIGNOR, 'regulatorHere'],
      lists: designationId,
    },
    'GET /v1/designations/{id}': {
      operation: 'designations.read',
      url: `/v1/designations/${designationId}`,
      may: ['administrator', ...CONSIGNOR, 'regulatorHere'],
    },
    'POST /v1/designations': {
      operation: 'designations.register',
      url: '/v1/designations',
      body: designation,
      may: ['administrator', 'regulatorHere'],
      told: ['regulatorElsewhere', 'regulatorOfMedical', 'regulatorPassed'],
    },
    'PUT /v1/designations/{id}': {
      operation: 'designations.amend',
      url: `/v1/designations/${designationId}`,
      body: designation,
      may: ['administrator', 'regulatorHere'],
    },
    'GET /v1/sites/{id}/class': {
      operation: 'site-class.read',
      url: `/v1/sites/${world.consignorSiteId}/class`,
      may: [...CONSIGNOR, 'agent', ...WATCHERS],
    },
    'GET /v1/sites/{id}/reports': {
      operation: 'reports.read',
      url: `/v1/sites/${world.consignorSiteId}/reports?year=2026`,
      may: [...CONSIGNOR, 'agent', ...WATCHERS],
    },
    'GET /v1/reports': {
      operation: 'reports.read',
      url: '/v1/reports?period=2026&limit=200',
      may: [...CONSIGNOR, ...WATCHERS],
      lists: world.consignorSiteId,
    },
    'GET /v1/reports/draft': {
      operation: 'reports.read',
      url: `/v1/reports/draft?siteId=${world.consignorSiteId}&period=2026-08`,
      may: [...CONSIGNOR, 'agent', ...WATCHERS],
    },
    'GET /v1/reports/{id}': {
      operation: 'reports.read',
      url: `/v1/reports/${reportId}`,
      may: [...CONSIGNOR, 'agent', ...WATCHERS],
    },
    'POST /v1/reports': {
      operation: 'reports.confirm',
      url: '/v1/reports',
      body: { ...zero, period: '2026-08' },
      may: [...CONSIGNOR, 'agent'],
      told: ['consignorElsewhere'],
    },
    'GET /v1/registers/{register}': {
      operation: 'registers.read',
      url: `/v1/registers/outsourced?siteId=${world.consignorSiteId}&from=2026-08-01&to=2026-09-01`,
      may: [...CONSIGNOR, 'agent', 'regulatorHere'],
      empty: ['regulatorOfMedical'],
    },
    'GET /v1/coverage': {
      operation: 'coverage.read',
      url: '/v1/coverage?region=370112&stream=hazardous&month=2026-08',
      may: ['administrator', 'regulatorHere'],
    },
    'GET /v1/rules': { operation: 'rules.read', url: '/v1/rules', may: EVERY_READER },
    'GET /v1/rules/{id}': { operation: 'rules.read', url: `/v1/rules/${rule.id}`, may: EVERY_READER },
    'POST /v1/rules': { operation: 'rules.register', url: '/v1/rules', body: bodyOf(rule), may: ['administrator'] },
    'PUT /v1/rules/{id}': {
      operation: 'rules.amend',
      url: `/v1/rules/${rule.id}`,
      body: bodyOf(rule),
      may: ['administrator'],
    },
  };
}

/** A register's record as one sends it back. */
function bodyOf({ id: _, version: __, ...body }: Record<string, unknown>): object {
  return body;
}
