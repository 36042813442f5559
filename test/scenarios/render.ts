import { writePage } from '../catalogue/jurisdictions.ts';
import { writeTable } from '../streams/policy-table.ts';
import { writePages } from './pages.ts';
import { readStories } from './story.ts';

/** `npm run scenarios`: prints the stories as pages into docs/scenarios/, what each place rules into docs/jurisdictions.md, and what a stream needs into docs/streams. */
writePages(readStories());
writePage();
writeTable();
