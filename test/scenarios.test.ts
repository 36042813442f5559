import t from 'tap';
import { faultsAtTheEnd } from './scenarios/closing.ts';
import { pagesThatDiffer } from './scenarios/pages.ts';
import { playStep, printed, stage } from './scenarios/playing.ts';
import { readStories } from './scenarios/story.ts';
import { startTestService } from './support/world.ts';

/** Every file of test/scenarios/, each with a service and a database of its own. */
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

t.test('an ending that is not so is told', async (t) => {
  const [story] = stories;
  const service = await startTestService(t, story!.startsAt);
  const { ends } = story!;
  const play = await stage({ ...story!, ends: { ...ends, manifests: { oil: 'void' }, ledger: {} } }, service);
  for (const step of story!.steps) t.same((await playStep(play, step)).differences, []);
  const otherwise = {
    ...story!.steps.at(-1)!,
    expect: { warnings: ['some'], again: false, answer: { origin: 'generated' } },
  };
  t.equal((await playStep(play, otherwise)).differences.length, 2, 'of a step');
  await service.service.database.pool.query(
    "insert into outbox (job, payload, state, available_at) values ('judge_mass', '{}', 'failed', $1)",
    [service.clock.now()],
  );
  const faults = Object.entries(await faultsAtTheEnd(play)).filter(([, found]) => found.length > 0);
  t.same(
    faults.map(([promise, found]) => `${promise}: ${found.length}`),
    [
      'no job is due and none has failed: 1',
      'the manifests are where the story leaves them: 2',
      'the ledger holds what the story says and nothing else: 4',
    ],
  );
});

t.test('the pages in docs/scenarios/ are what the stories say', async (t) => {
  t.same(pagesThatDiffer(stories), [], 'npm run scenarios writes them again');
});
