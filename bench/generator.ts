import { openConnection, requestText } from './connection.ts';
import { loadQueue, nextAct } from './loads.ts';
import { type Ask, obeyOrders, type Read, type Start } from './orders.ts';

/** The load generator, a process of its own: keeps every connection busy. One answer that is not 2xx ends the run. */

/** Loads under way for each connection: more than it can serve, so that the next act is rarely of the same load. */
const LOADS_PER_CONNECTION = 2;
const ANSWERED_ID = /"id":"([0-9a-f-]{36})"/;

type Send = (request: string, path: string) => Promise<string>;

obeyOrders(async ({ port, concurrency, work }: Start) => {
  const connections = await Promise.all(Array.from({ length: concurrency }, () => openConnection(port)));
  const askerOf =
    work.kind === 'loads'
      ? loadAsker({ ...work, underWay: concurrency * LOADS_PER_CONNECTION })
      : readAsker(work.reads);
  return connections.map((connection) => {
    const send: Send = async (request, path) => {
      const { status, body } = await connection.ask(request);
      if (status >= 200 && status <= 299) return body;
      throw new Error(`${path} was answered ${status}: ${Buffer.from(body, 'latin1').toString('utf8').slice(0, 800)}`);
    };
    return { ask: askerOf(send), close: connection.close };
  });
});

function loadAsker(options: Parameters<typeof loadQueue>[0]): (send: Send) => Ask {
  const queue = loadQueue(options);
  return (send) => async () => {
    const load = queue.take();
    if (!load) return false;
    const { path, by, key, body } = nextAct(load, new Date());
    const answer = await send(requestText('POST', path, by.apiKey, { key, body: JSON.stringify(body) }), path);
    queue.putBack(load, ANSWERED_ID.exec(answer)?.[1] ?? '');
    return true;
  };
}

function readAsker(reads: readonly Read[]): (send: Send) => Ask {
  const requests = reads.map(({ path, apiKey }) => ({ path, text: requestText('GET', path, apiKey) }));
  let next = 0;
  return (send) => async () => {
    const { path, text } = requests[next++ % requests.length]!;
    await send(text, path);
    return true;
  };
}
