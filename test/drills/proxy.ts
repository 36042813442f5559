import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a service and its Postgres, and can cut the line at the worst moments. */
export interface Proxy {
  readonly port: number;
  /** What happens to the next COMMIT that passes. */
  cutNext(moment: Moment): void;
  /** Cuts done so far. */
  cuts(): number;
  pointTo(port: number): void;
  /** Nobody answers on the port. Connections are cut. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** Before it is forwarded; after Postgres has answered it; or right behind it, whatever Postgres makes of that. */
export type Moment = 'before' | 'after' | 'behind';

const COMMIT_SENT = Buffer.from('commit\0');
const COMMIT_DONE = Buffer.from('COMMIT\0');
/** Type and length of a message. */
const HEADER_BYTES = 5;

export async function startProxy(upstreamPort: number): Promise<Proxy> {
  let upstream = upstreamPort;
  let armed: Moment | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();

  const accept = (client: Socket) => {
    const server = connect(upstream, '127.0.0.1');
    let waitsForDone = false;
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk: Buffer) => {
      const at = armed === undefined ? -1 : chunk.indexOf(COMMIT_SENT);
      if (at < 0) return void server.write(chunk);
      const moment = armed;
      armed = undefined;
      cuts += 1;
      if (moment === 'before') server.write(chunk.subarray(0, at - HEADER_BYTES), cut);
      else if (moment === 'behind') server.write(chunk, cut);
      else {
        waitsForDone = true;
        server.write(chunk);
      }
    });
    server.on('data', (chunk: Buffer) => {
      const at = waitsForDone ? chunk.indexOf(COMMIT_DONE) : -1;
      if (at < 0) return void client.write(chunk);
      client.write(chunk.subarray(0, at - HEADER_BYTES), cut);
    });
  };

  const listener = createServer(accept);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  return {
    port,
    cutNext(moment) {
      armed = moment;
    },
    cuts: () => cuts,
    pointTo(next) {
      upstream = next;
    },
    async close() {
      const closed = listener.listening ? once(listener, 'close') : undefined;
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      listener.listen(port, '127.0.0.1');
      await once(listener, 'listening');
    },
  };
}

export function throughProxy(url: string, { port }: Proxy): string {
  const proxied = new URL(url);
  proxied.hostname = '127.0.0.1';
  proxied.port = String(port);
  return proxied.toString();
}
