import { createBatch } from '../../store/batch';
import { until } from '../support/until';

function aBatch(failures = 0, size?: number) {
  const written: (readonly number[])[] = [];
  const lost: number[] = [];
  let left = failures;
  const batch = createBatch<number>({
    waitMs: 5,
    ...(size === undefined ? {} : { size }),
    write: async (items) => {
      if (left > 0) {
        left -= 1;
        throw new Error('away');
      }
      written.push(items);
    },
    onLost: (_, count) => lost.push(count),
  });
  return { batch, written, lost };
}

describe('a batch of small writes', () => {
  it('gathers what comes within a moment into one write, in order', async () => {
    const { batch, written } = aBatch();

    [1, 2, 3].forEach((item) => batch.add(item));
    await until(() => written.length > 0);

    expect(written).toEqual([[1, 2, 3]]);
    await batch.close();
  });

  it('does not wait when it is full', async () => {
    const { batch, written } = aBatch(0, 2);

    [1, 2, 3].forEach((item) => batch.add(item));
    await batch.close();

    expect(written).toEqual([[1, 2], [3]]);
  });

  it('repeats a write that failed once, and tells of one that failed twice', async () => {
    const once = aBatch(1);
    const twice = aBatch(2);

    once.batch.add(1);
    twice.batch.add(1);
    twice.batch.add(2);
    await Promise.all([once.batch.close(), twice.batch.close()]);

    expect([once.written, once.lost]).toEqual([[[1]], []]);
    expect([twice.written, twice.lost]).toEqual([[], [2]]);
  });

  it('goes on after a loss', async () => {
    const { batch, written, lost } = aBatch(2, 1);

    batch.add(1);
    batch.add(2);
    await batch.close();

    expect([written, lost]).toEqual([[[2]], [1]]);
  });
});
