import type pg from 'pg';
import { z } from 'zod';
import { listVisible, type Sight, sightOf } from '../parties/visibility.ts';
import { type App, ProblemView, type Services } from '../platform/http.ts';
import { PageQuery, pageOf, readCursor, sendPage } from '../platform/lists.ts';
import { subjectsById } from '../platform/subjects.ts';
import { InstantView, Uuid } from '../platform/values.ts';
import { type ObservedTrip, observedTripKind } from '../transport/observed-trips.ts';
import { type DeclaredJourney, type DeclaredOnly, declaredOf, declaredOnly } from './observation-queries.ts';

/** What was observed and what was declared, side by side: both, or one without the other. */
const MATCH_STATES = ['matched', 'observed_only', 'declared_only'] as const;
type MatchState = (typeof MATCH_STATES)[number];

const TripMatchView = z.object({
  /** Of the observed trip; of what was only declared, of the manifest. */
  id: Uuid,
  state: z.enum(MATCH_STATES),
  plate: z.string(),
  observed: z
    .object({ tripId: Uuid, fromSiteId: Uuid, toSiteId: Uuid, departedAt: InstantView, arrivedAt: InstantView })
    .nullable(),
  declared: z
    .object({
      manifestId: Uuid,
      number: z.string(),
      leg: z.number().int(),
      startedAt: InstantView,
      endedAt: InstantView.nullable(),
    })
    .nullable(),
  /** Between the two departures. */
  secondsApart: z.number().int().nullable(),
});
type TripMatch = z.output<typeof TripMatchView>;

interface Page {
  readonly below: string;
  readonly rowsMax: number;
}

export function tripMatchRoutes(app: App, { database: { pool } }: Services): void {
  app.get(
    '/v1/trip-matches',
    {
      config: { operation: 'trip-matches.read' },
      schema: {
        summary: '双联单比对 · Observed trips and declared journeys, matched one to one, or left over on either side',
        tags: ['trip-matches'],
        querystring: PageQuery.extend({ state: z.enum(MATCH_STATES) }),
        response: { 200: pageOf(TripMatchView), default: ProblemView },
      },
    },
    async (request, reply) => {
      const { state, limit, cursor } = request.query;
      const page = { below: readCursor(cursor), rowsMax: limit + 1 };
      const sight = await sightOf(pool, request.caller);
      const rows =
        state === 'declared_only' ? await declared(pool, sight, page) : await observed(pool, sight, page, state);
      return sendPage(request, reply, rows, limit);
    },
  );
}

async function observed(pool: pg.Pool, sight: Sight, page: Page, state: MatchState): Promise<TripMatch[]> {
  const trips = await listVisible(pool, sight, {
    ...page,
    kind: 'observed_trip',
    stages: [state === 'matched' ? 'closed' : 'open'],
    load: (ids) => subjectsById(pool, observedTripKind, ids),
    fits: ({ fromSiteId, toSiteId }) => sight.site === null || [fromSiteId, toSiteId].includes(sight.site),
  });
  const journeys = await declaredOf(
    pool,
    trips.map(({ id }) => id),
  );
  return trips.map((trip) =>
    viewOfTrip(
      trip,
      state,
      journeys.find(({ tripId }) => tripId === trip.id),
    ),
  );
}

function viewOfTrip(trip: ObservedTrip, state: MatchState, journey: DeclaredJourney | undefined): TripMatch {
  const { id, plate, fromSiteId, toSiteId, departedAt, arrivedAt, secondsApart } = trip;
  const { tripId: _, ...declared } = journey ?? { tripId: id };
  return {
    id,
    state,
    plate,
    observed: { tripId: id, fromSiteId, toSiteId, departedAt, arrivedAt },
    declared: 'manifestId' in declared ? declared : null,
    secondsApart,
  };
}

async function declared(pool: pg.Pool, sight: Sight, page: Page): Promise<TripMatch[]> {
  const rows = await listVisible<DeclaredOnly>(pool, sight, {
    ...page,
    kind: 'manifest',
    stages: ['open', 'closed'],
    load: (ids) => declaredOnly(pool, ids),
    fits: ({ consignorSiteId, consigneeSiteId }) =>
      sight.site === null || [consignorSiteId, consigneeSiteId].includes(sight.site),
  });
  return rows.map(({ id, number, plate, leg, startedAt, endedAt }) => ({
    id,
    state: 'declared_only',
    plate,
    observed: null,
    declared: { manifestId: id, number, leg, startedAt, endedAt },
    secondsApart: null,
  }));
}
