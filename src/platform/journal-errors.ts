/** What a failed group means, by SQLSTATE. */
export type Failure = 'again' | 'reconnect' | 'isolate' | 'overloaded' | 'key-taken' | 'fatal';

const AGAIN = new Set(['40P01', '40001', '55P03']);

export function failureOf(error: unknown): Failure {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return isConnectionError(error) ? 'reconnect' : 'fatal';
  if (code === '23505' && (error as { constraint?: string }).constraint?.startsWith('act_keys')) return 'key-taken';
  if (AGAIN.has(code)) return 'again';
  if (code === '57014') return 'again'; // statement time-out
  if (code.startsWith('08') || code.startsWith('57P') || code === '25P03' || code === '25006') return 'reconnect';
  if (code.startsWith('22') || code.startsWith('23')) return 'isolate';
  if (code.startsWith('53')) return 'overloaded';
  return 'fatal';
}

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** What the driver says, word for word, when a connection is gone: these errors carry no code. */
const DRIVER_MESSAGES = [
  'Connection terminated',
  'Connection ended',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'read ECONN',
  'write EPIPE',
];

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  return (
    (code !== undefined && SOCKET_CODES.has(code)) ||
    DRIVER_MESSAGES.some((message) => error.message.startsWith(message))
  );
}

/** What may be logged of a failure: never Postgres' DETAIL, which repeats the values of the row. */
export function loggable(error: unknown): object {
  const { code, constraint, message, stack } = error as {
    code?: string;
    constraint?: string;
    message?: string;
    stack?: string;
  };
  return code ? { code, constraint, message } : { message, stack };
}
