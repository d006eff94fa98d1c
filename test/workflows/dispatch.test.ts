import { eventsOfType, spelledOut } from '../replay/history-json';
import { STORIES } from './stories';
import { tell, type Told } from './tell';
import { keep, startWorld, type World } from './world';

/** The slowest story waits four expiries, on a machine that does other things too. */
const STORY_MS = 90_000;

describe('the dispatch workflow', () => {
  let world: World;
  /** All stories are lived at the same time: most of each is waiting. */
  const told = new Map<string, Promise<Told>>();
  const ofStory = (name: string): Promise<Told> =>
    told.get(name) ?? Promise.reject(new Error(`there is no story ${name}`));

  beforeAll(async () => {
    world = await startWorld();
    for (const story of STORIES) {
      const telling = tell(world, story);
      telling.catch(() => undefined);
      told.set(story.name, telling);
    }
  }, 60_000);

  it.each(STORIES)(
    '$fact',
    async ({ name, ends, outcomes }) => {
      const { history, ...seen } = await ofStory(name);

      expect({ ends: seen.ends, outcomes: seen.outcomes }).toEqual({ ends, outcomes });
      await keep(name, history);
    },
    STORY_MS,
  );

  it(
    'begins a step with one activity, however many hand-overs it takes',
    async () => {
      const { history, handOvers } = await ofStory('second-account');

      expect(handOvers).toEqual([2, 0]);
      expect(eventsOfType(history, 'ACTIVITY_TASK_SCHEDULED')).toHaveLength(1);
    },
    STORY_MS,
  );

  it(
    'is not woken by what cannot change its decision',
    async () => {
      const late = await ofStory('late-success');
      const stops = await ofStory('late-success-stops');
      const five = await ofStory('five-steps');

      expect(eventsOfType(late.history, 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(1);
      expect(eventsOfType(stops.history, 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(1);
      // Of fifteen statuses only the one that ends it.
      expect(eventsOfType(five.history, 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(1);
    },
    STORY_MS,
  );

  it(
    'keeps five steps of three statuses each under a hundred events',
    async () => {
      const { history } = await ofStory('five-steps');

      expect(history.events.length).toBeLessThan(100);
    },
    STORY_MS,
  );

  it(
    'writes nobody into its history: no recipient, no sender, no text',
    async () => {
      const people = STORIES.flatMap(({ steps }) => steps.map(({ to }) => to));
      for (const { name } of STORIES) {
        const text = spelledOut((await ofStory(name)).history);

        const secrets = [...people, '447700900000', '"hello"', 'https://example.com'];

        expect(text).toContain('recipientLabel');
        expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
      }
    },
    STORY_MS,
  );
});
