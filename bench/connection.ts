import { connect, type Socket } from 'node:net';

/**
 * One keep-alive HTTP/1.1 connection that asks one thing at a time. It reads just as much of HTTP as the servers under
 * test answer with (a status line and Content-Length), because every microsecond the generator takes is one that the
 * measured processes on the same two cores do not have.
 */
export interface Connection {
  /** @throws Error when the server hangs up. */
  ask(request: string): Promise<Answer>;
  close(): void;
}

export interface Answer {
  readonly status: number;
  /** Bytes as latin1: ids and numbers are readable, Chinese is not. */
  readonly body: string;
}

interface Asked {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.setEncoding('latin1');
  let asked: Asked | undefined;
  let received = '';
  const fail = (error: Error) => {
    asked?.reject(error);
    asked = undefined;
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk: string) => {
    received = received === '' ? chunk : received + chunk;
    const answer = readAnswer(received);
    if (!answer || !asked) return;
    received = '';
    const { resolve } = asked;
    asked = undefined;
    resolve(answer);
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        asked = { resolve, reject };
        socket.write(request, 'utf8');
      }),
    close: () => socket.destroy(),
  };
}

const LENGTH = /\r\ncontent-length: (\d+)/i;

function readAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = LENGTH.exec(text.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${text.slice(0, 200)}`);
  const body = text.slice(end + 4);
  return body.length < Number(length) ? undefined : { status: Number(text.slice(9, 12)), body };
}

export function requestText(
  method: 'GET' | 'POST',
  path: string,
  apiKey: string,
  act?: { key: string; body: string },
): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${apiKey}\r\n`;
  if (!act) return `${head}\r\n`;
  const length = Buffer.byteLength(act.body);
  return `${head}idempotency-key: ${act.key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${act.body}`;
}
