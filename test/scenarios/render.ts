import { writePages } from './pages.ts';
import { readStories } from './story.ts';

/** `npm run scenarios`: prints the stories as pages into docs/scenarios/. */
writePages(readStories());
