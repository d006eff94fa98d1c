import { parseHistory, replayHistories, silenceLibrary } from '../../dev/replay-histories';
import { workflowBundle } from '../support/workflow-bundle';
import { STORIES } from '../workflows/stories';
import { corpus, startOf } from './corpus';
import { spelledOut } from './history-json';

/** Lived beside the stories, with a plot of their own. */
const FURTHER = ['callbacks-down-then-up', 'worker-killed-sending', 'worker-killed-waiting'];

const recorded = corpus();

beforeAll(silenceLibrary);

describe('the recorded histories', () => {
  it('all replay', async () => {
    const named = recorded.map(({ name, history }) => ({ name, history: parseHistory(history) }));
    const mismatches: string[] = [];

    for await (const { name, mismatch } of replayHistories(
      { workflowBundle: workflowBundle() },
      named,
    )) {
      if (mismatch !== undefined) {
        mismatches.push(`${name}: ${mismatch}`);
      }
    }

    expect(mismatches).toEqual([]);
  });

  it('are of all stories, and of every workflow', () => {
    const names = recorded.map(({ name }) => name);
    const types = new Set(recorded.map(({ history }) => startOf(history).type));

    expect(names).toEqual(expect.arrayContaining([...STORIES.map(({ name }) => name), ...FURTHER]));
    expect([...types].toSorted()).toEqual(['callbacks', 'dispatch']);
  });

  it.each(recorded)('names no recipient, no sender and no text in $name', ({ history }) => {
    const text = spelledOut(history);
    const people = STORIES.flatMap(({ steps }) => steps.map(({ to }) => to));

    const secrets = [...people, '4477009', '"hello"', 'https://example.com', 'http://127'];

    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text.match(/"(recipient|sender|content|number|to|from|text)":/g) ?? []).toEqual([]);
    // That the text is searched as it was meant: what a history does name.
    expect(text).toContain(
      startOf(history).type === 'dispatch' ? '"recipientLabel"' : '"endpointId"',
    );
  });

  it.each(recorded)('says nothing of the machine that recorded $name', ({ history }) => {
    const json = JSON.stringify(history);

    // `<process>@<host>`, and the lines of a stack.
    expect(json.match(/"[^"]*\d@[^"]*"/g) ?? []).toEqual([]);
    expect(json.match(/\bat [^"]*:\d+:\d+/g) ?? []).toEqual([]);
  });
});
