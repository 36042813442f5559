import t from 'tap';
import { faultsAtTheEnd } from './scenarios/closing.ts';
import { pagesThatDiffer } from './scenarios/pages.ts';
import { playStep, printed, stage } from './scenarios/playing.ts';
import { readStories } from './scenarios/story.ts';
import { startTestService } from './support/world.ts';

/** Every file of test/scenarios/, each with a service and a database of its own; pending/ waits for what it needs. */
const stories = readStories();

t.ok(stories.length > 0, 'there are stories');

for (const story of stories)
  t.test(`${story.name}: ${story.title.en}`, async (t) => {
    const service = await startTestService(t, story.startsAt);
    const play = await stage(story, service);
    for (const [index, step] of story.steps.entries()) {
      const { request, answer, differences } = await playStep(play, step);
      const title = `${index + 1}. ${step.who}: ${step.act}`;
      if (differences.length > 0) {
        const told = [story.name, title, step.en, '', request, '', `${answer.status} ${printed(answer.body)}`, ''];
        t.comment([...told, ...differences].join('\n'));
        t.fail(`${title} went otherwise: ${differences[0]}`);
        return;
      }
      t.pass(title);
    }
    for (const [promise, faults] of Object.entries(await faultsAtTheEnd(play))) t.same(faults, [], promise);
  });

t.test('the stories that wait are well formed', async (t) => {
  t.doesNotThrow(() => readStories('pending/'));
});

t.test('the pages in docs/scenarios/ are what the stories say', async (t) => {
  t.same(pagesThatDiffer(stories), [], 'npm run scenarios writes them again');
});
