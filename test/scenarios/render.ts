import { writePage } from '../catalogue/jurisdictions.ts';
import { writePages } from './pages.ts';
import { readStories } from './story.ts';

/** `npm run scenarios`: prints the stories as pages into docs/scenarios/, and what each place rules into docs/jurisdictions.md. */
writePages(readStories());
writePage();
