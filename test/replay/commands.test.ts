import { isDeepStrictEqual } from 'node:util';
import { silenceLibrary } from '../../dev/replay-histories';
import { STORIES } from '../workflows/stories';
import type { FinishDispatchInput } from '../../activities/finish-dispatch';
import type { DispatchInput } from '../../workflows/signals';
import { localInputs } from './commands';
import { corpus, startOf } from './corpus';
import { eventsOfType } from './history-json';
import { MUTATIONS } from './mutations';
import { createReplayer, type Replayer, type Seen } from './replayer';

const recorded = corpus();
let replay: Replayer;
let seen: ReadonlyMap<string, Seen>;

beforeAll(async () => {
  silenceLibrary();
  replay = await createReplayer();
  seen = new Map((await replay(recorded)).map((one) => [one.name, one]));
}, 60_000);

describe('a replay with eyes on every command', () => {
  it.each(recorded)('gives the commands of $name as they were recorded', ({ name }) => {
    expect(seen.get(name)?.mismatch).toBeUndefined();
    expect(seen.get(name)?.given).not.toEqual([]);
  });

  describe.each(STORIES)('the end that $name writes', ({ name, ends, outcomes }) => {
    const written = (): FinishDispatchInput => endIn(seen.get(name));
    const history = recorded.find((one) => one.name === name)?.history ?? { events: [] };

    it('is the end of the story', () => {
      expect(described(written())).toEqual({ ends, outcomes: begun(outcomes) });
    });

    it('names its dispatch, the conditions that were asked, and instants of the history', () => {
      const { tenantId, dispatchId, steps } = written();
      const input = startOf(history).input as DispatchInput;
      const instants = eventsOfType(history, 'WORKFLOW_TASK_STARTED').map(({ eventTime }) =>
        Date.parse(String(eventTime)),
      );

      expect({ tenantId, dispatchId }).toEqual({
        tenantId: input.tenantId,
        dispatchId: input.dispatchId,
      });
      for (const { position, cause } of steps) {
        expect(cause.required).toBe(input.steps[position]?.condition);
        expect(instants).toContain(cause.at);
      }
    });
  });
});

/** What `finishDispatch` is asked. Histories do not hold the input of local activities: the story tells what it must be. */
function endIn(one: Seen | undefined): FinishDispatchInput {
  const [input, ...more] = localInputs(one?.given ?? []);
  expect(more).toEqual([]);
  return input as FinishDispatchInput;
}

function described(end: FinishDispatchInput | undefined): object | undefined {
  return (
    end && {
      ends: `${end.status}: ${end.cause}`,
      outcomes: Object.fromEntries(
        end.steps.map(({ position, outcome, cause }) => [position, `${outcome}: ${cause.kind}`]),
      ),
    }
  );
}

/** Outcomes by position, of the steps that were begun. */
function begun(outcomes: readonly string[]): object {
  return Object.fromEntries([...outcomes.entries()].filter(([, outcome]) => outcome !== 'planned'));
}

/** Histories that each change is tried on. */
const ENOUGH = 6;

describe('a history that was tampered with', () => {
  const mutants = MUTATIONS.map(({ name, apply, only }) => ({
    name,
    histories: recorded
      .filter((one) => only?.includes(one.name) ?? true)
      .flatMap((one) => {
        const history = apply(one.history);
        return history === undefined ? [] : [{ name: one.name, history }];
      })
      .filter(({ name: ofHistory, history }) => isChanged(ofHistory, history))
      .slice(0, ENOUGH),
  }));

  it.each(mutants)('is noticed to have $name', async ({ histories }) => {
    const unnoticed = (await replay(histories)).filter((one) => isSame(one));

    expect(histories).not.toEqual([]);
    expect(unnoticed.map(({ name }) => name)).toEqual([]);
  });
});

/** Neither the commands differ from what was recorded, nor the end that is written from the story's. */
function isSame(one: Seen): boolean {
  const ends = [one, seen.get(one.name)].map((each) => described(endIn(each)));
  return one.mismatch === undefined && isDeepStrictEqual(ends[0], ends[1]);
}

function isChanged(name: string, history: object): boolean {
  const original = recorded.find((one) => one.name === name)?.history;
  return JSON.stringify(history) !== JSON.stringify(original);
}
