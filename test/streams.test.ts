import t from 'tap';
import { ADDED } from './streams/one-more.ts';

/** Every stream there is and one more, which the files do not have. */
const { STREAMS } = await import('../src/catalogue/streams.ts');
t.ok(STREAMS.includes(ADDED), 'the row was read');
await import('./streams/whole-life.cases.ts');
