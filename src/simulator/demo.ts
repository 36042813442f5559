import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dropDatabase } from '../platform/connections.ts';
import { type Comparison, compare } from './compare.ts';
import { dayOf } from './days.ts';
import { type History, historyOf } from './history.ts';
import { foundBy, type Played, type Progress, play, publishedBy, type Stage } from './play.ts';
import { referee } from './referee.ts';

/** The week before the first start, played so that a newcomer has something true to look at. */
export interface DemoAccounts {
  readonly accounts: readonly { readonly party: string; readonly role: string; readonly apiKey: string }[];
}

export const OPERATOR = { name: '济南市固体废物监管平台', region: '370102' };

const WEEK = { seed: 'demo', days: 7, manifests: 150 };
const FILE = 'demo-accounts.json';
const UNFINISHED = 'demo-unfinished';

/** A demonstration that was cut short is played again from the beginning; nothing else can be in that database yet. */
export async function forgetUnfinishedDemo(serverUrl: string, dataDirectory: string): Promise<void> {
  if (!existsSync(join(dataDirectory, UNFINISHED))) return;
  await dropDatabase(serverUrl, 'liandan');
  rmSync(join(dataDirectory, UNFINISHED));
}

/** Before anything is written into the database of a demonstration. */
export const beginDemo = (dataDirectory: string): void => writeFileSync(join(dataDirectory, UNFINISHED), '');

export function readDemo(dataDirectory: string): DemoAccounts | undefined {
  const file = join(dataDirectory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DemoAccounts) : undefined;
}

/** The week that ends at this instant. */
export const demoWeek = (until: Date): History => historyOf({ ...WEEK, until: until.getTime() });

export interface Outcome {
  readonly played: Played;
  readonly comparison: Comparison;
}

/** Plays a history and holds what the service found against the key. @throws what play throws. */
export async function playAndCompare(history: History, stage: Stage, progress?: Progress): Promise<Outcome> {
  const played = await play(history, stage, progress);
  const { parameters, rules } = await publishedBy(stage, dayOf(history.until));
  const found = await foundBy(played, stage, history.city.regulator.ref);
  return { played, comparison: compare(referee(history, parameters), found, rules) };
}

/** The accounts the README speaks of, kept where the next start finds them. */
export function keepAccounts(history: History, { played }: Outcome, stage: Stage, dataDirectory: string): void {
  const { producers, carriers, plants, regulator } = history.city;
  const account = ({ ref, name }: { ref: string; name: string }, role: string) => ({
    party: name,
    role,
    apiKey: played.apiKeys.get(ref)!,
  });
  const accounts = [
    { party: OPERATOR.name, role: 'administrator', apiKey: stage.adminKey },
    ...[producers[0]!, carriers[0]!, plants[0]!].map((party) => account(party, 'member')),
    account(regulator, 'regulator'),
  ];
  writeFileSync(join(dataDirectory, FILE), JSON.stringify({ accounts }), { mode: 0o600 });
  rmSync(join(dataDirectory, UNFINISHED));
}

/** One line on a terminal that writes over itself; every tenth of the way where there is none. */
export function progressLine(stream: { isTTY?: boolean; write(text: string): unknown }): Progress {
  let tenths = -1;
  return (done, all, at) => {
    const day = `${dayOf(at)}  ${done}/${all}`;
    if (stream.isTTY) stream.write(`\r  Playing the week 正在演示一周 ${day}${done === all ? '\n' : ''}`);
    else if (Math.floor((done * 10) / all) > tenths) {
      tenths = Math.floor((done * 10) / all);
      stream.write(`Playing 演示 ${day}\n`);
    }
  };
}
