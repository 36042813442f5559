import { checkRebuild } from '../../src/rebuild.ts';
import type { Play } from './playing.ts';
import { type Quantity, quantityOf } from './story.ts';

/**
 * What must hold when a story is over, asked of the tables themselves: the code under test is not asked what it thinks.
 * Each answers with what is wrong, in words; nothing when all is well.
 */
export async function faultsAtTheEnd(play: Play): Promise<Readonly<Record<string, readonly string[]>>> {
  const { differences } = await checkRebuild(play.service.databaseUrl);
  return {
    'every event and every account is balanced': await imbalances(play),
    'nothing of a closed manifest is on the road or on hold': await leftOpen(play),
    'no job is due and none has failed': await jobsLeft(play),
    'the manifests are where the story leaves them': await manifestFaults(play),
    'the ledger holds what the story says and nothing else': await ledgerFaults(play),
    'the anomalies are those of the story and no others': await anomalyFaults(play),
    'the reports kept are those of the story and no others': await keptFaults(play),
    'a rebuild from the events would change nothing': differences,
  };
}

async function query<Row>({ service }: Play, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const { rows } = await service.service.database.pool.query(text, [...values]);
  return rows as Row[];
}

const SUMS = `sum(p.grams)::bigint as grams, sum(p.pieces)::bigint as pieces, sum(p.dry_grams)::bigint as "dryGrams"`;
const NOT_ZERO = 'having sum(p.grams) <> 0 or sum(p.pieces) <> 0 or sum(p.dry_grams) <> 0';

async function imbalances(play: Play): Promise<string[]> {
  const rows = await query<object>(
    play,
    `select 'event ' || p.event_id as of, ${SUMS} from postings p group by p.event_id ${NOT_ZERO}
     union all select 'all postings', ${SUMS} from postings p ${NOT_ZERO}
     union all select 'all accounts', ${SUMS} from accounts p ${NOT_ZERO}
     union all select 'account ' || account_id, ${SUMS} from
       (select account_id, grams, pieces, dry_grams from postings
        union all select id, -grams, -pieces, -dry_grams from accounts) p group by account_id ${NOT_ZERO}`,
  );
  return rows.map((row) => JSON.stringify(row));
}

/** A load on its way back is still on the road, although its manifest has been decided on. */
async function leftOpen(play: Play): Promise<string[]> {
  const rows = await query<object>(
    play,
    `select p.manifest_id, p.line, a.role, ${SUMS} from postings p join accounts a on a.id = p.account_id
     join manifests m on m.id = p.manifest_id
     where m.status in ('received', 'refused', 'void') and a.role in ('in_transit', 'consignee_hold')
       and coalesce(to_jsonb(m) ->> 'remainder', 'none') <> 'returning'
     group by p.manifest_id, p.line, a.role ${NOT_ZERO}`,
  );
  return rows.map((row) => JSON.stringify(row));
}

async function jobsLeft(play: Play): Promise<string[]> {
  const rows = await query<object>(
    play,
    `select job, payload, state, last_error from outbox
     where state = 'failed' or (state = 'pending' and available_at <= $1)`,
    [play.service.clock.now()],
  );
  return rows.map((row) => JSON.stringify(row));
}

async function manifestFaults(play: Play): Promise<string[]> {
  const rows = await query<{ id: string; status: string }>(play, 'select id, status from manifests');
  const told = Object.entries(play.story.ends.manifests).map(([name, status]) => `${name} is ${status}`);
  return differing(
    told,
    rows.map(({ id, status }) => `${nameOf(play, id)} is ${status}`),
  );
}

interface Held {
  readonly partyId: string;
  readonly ownerId: string;
  readonly role: string;
  readonly wasteCode: string;
  readonly grams: number;
  readonly pieces: number;
  readonly dryGrams: number;
}

async function ledgerFaults(play: Play): Promise<string[]> {
  const { ledger } = play.story.ends;
  const rows = await query<Held>(
    play,
    `select a.party_id as "partyId", a.owner_id as "ownerId", a.role, a.waste_code as "wasteCode", ${SUMS}
     from postings p join accounts a on a.id = p.account_id group by 1, 2, 3, 4`,
  );
  const told: string[] = [];
  const found = new Map<string, Quantity>();
  for (const [who, roles] of Object.entries(ledger))
    for (const [role, given] of Object.entries(roles))
      for (const [part, quantity] of Object.entries(typeof given === 'object' ? given : { '': given })) {
        const all = quantityOf(quantity);
        if (isSomething(all)) told.push(entry(`${who} ${role} ${part}`.trim(), all));
      }
  for (const { partyId, ownerId, role, wasteCode, grams, pieces, dryGrams } of rows) {
    const who = nameOf(play, partyId);
    const parts = Object.keys(partsOf(ledger[who]?.[role]));
    const owner = nameOf(play, ownerId);
    const part = parts.includes(wasteCode)
      ? wasteCode
      : parts.includes(owner)
        ? owner
        : parts.length > 0
          ? wasteCode
          : '';
    const key = `${who} ${role} ${part}`.trim();
    const sum = found.get(key) ?? quantityOf(0);
    found.set(key, { grams: sum.grams + grams, pieces: sum.pieces + pieces, dryGrams: sum.dryGrams + dryGrams });
  }
  const held = [...found].filter(([, quantity]) => isSomething(quantity));
  return differing(
    told,
    held.map(([key, quantity]) => entry(key, quantity)),
  );
}

const partsOf = (given: unknown): object => (typeof given === 'object' && given !== null ? given : {});
const isSomething = ({ grams, pieces, dryGrams }: Quantity): boolean => grams !== 0 || pieces !== 0 || dryGrams !== 0;
const entry = (key: string, { grams, pieces, dryGrams }: Quantity): string =>
  `${key}: ${grams} g, ${pieces} pieces${dryGrams === 0 ? '' : `, ${dryGrams} g dry`}`;

interface Raised {
  readonly rule: string;
  readonly severity: string;
  readonly about: string;
  readonly status: string;
}

/** Of an account it is said whose it is, what for and of which waste. */
async function anomalyFaults(play: Play): Promise<string[]> {
  const rows = await query<Raised & { partyId: string | null; account: string }>(
    play,
    `select n.rule, n.severity, n.status, n.subject_id as about, a.party_id as "partyId", a.role || ' ' || a.waste_code as account
     from anomalies n left join accounts a on a.id = n.subject_id`,
  );
  const words = ({ rule, severity, about, status }: Raised) => `${rule} (${severity}, ${status}) about ${about}`;
  return differing(
    play.story.ends.anomalies.map(words),
    rows.map(({ partyId, account, ...row }) =>
      words({ ...row, about: partyId ? `${nameOf(play, partyId)} ${account}` : nameOf(play, row.about) }),
    ),
  );
}

async function keptFaults(play: Play): Promise<string[]> {
  const rows = await query<{ act: string; about: string; status: string }>(
    play,
    'select act, manifest_id as about, manifest_status as status from unmatched_reports',
  );
  const words = ({ act, about, status }: (typeof rows)[number]) => `${act} of ${about} while ${status}`;
  return differing(
    play.story.ends.kept.map(words),
    rows.map((row) => words({ ...row, about: nameOf(play, row.about) })),
  );
}

const nameOf = ({ scope }: Play, id: string): string => [...scope].find(([, value]) => value === id)?.[0] ?? id;

function differing(told: readonly string[], found: readonly string[]): string[] {
  const rest = [...found];
  const absent = told.filter((one) => {
    const index = rest.indexOf(one);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
  return [...absent.map((one) => `not so: ${one}`), ...rest.map((one) => `not in the story: ${one}`)];
}
