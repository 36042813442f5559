import { STORIES_OF_CORRECTIONS } from './stories-of-corrections.ts';
import { STORIES_OF_LOADS } from './stories-of-loads.ts';
import { STORIES_OF_STORES } from './stories-of-stores.ts';
import { STORIES_OF_TERMS } from './stories-of-terms.ts';
import { STORIES_OF_TRIPS } from './stories-of-trips.ts';
import { STORIES_OF_TURNS } from './stories-of-turns.ts';
import type { StoryKind } from './story-kind.ts';

/** Every kind of story, told in turn. A new one is a row of one of these tables. */
export const STORIES: readonly StoryKind[] = [
  ...STORIES_OF_LOADS,
  ...STORIES_OF_TURNS,
  ...STORIES_OF_TERMS,
  ...STORIES_OF_CORRECTIONS,
  ...STORIES_OF_STORES,
  ...STORIES_OF_TRIPS,
];
