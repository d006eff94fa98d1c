import type { Answer, DialStore, DialTarget, Layer, StatusStep } from './dials';
import { magicFor } from './magic';
import type { MessageEntry } from './message-log';
import type { ResolvedOptions } from './options';
import { usualStatuses } from './streams';

/** What happens to one `POST /messages`, all dials considered. */
export interface Behaviour {
  readonly answer: Answer;
  /** Name of the dial that chose the answer. */
  readonly by: string;
  readonly answerAfterMs: number;
  readonly statuses: readonly StatusStep[];
  readonly nativeIdempotency: boolean;
}

/** Whether a layer has given its answer as often as it may. */
function isSpent(layer: Layer, entry: MessageEntry | undefined): boolean {
  const { times, timesPer } = layer.answer ?? {};
  const used = timesPer === 'dial' ? layer.used : (entry?.uses[layer.name] ?? 0);
  return times !== undefined && used >= times;
}

export interface BehaviourDeps {
  readonly options: ResolvedOptions;
  readonly dials: DialStore;
}

/** Lays the dials that match over the channel's usual behaviour, the most specific last. */
export function behaviourFor(
  { options, dials }: BehaviourDeps,
  target: DialTarget,
  entry: MessageEntry | undefined,
): Behaviour {
  const magic = options.magic ? magicFor(target.to) : undefined;
  const layers = dials.layersFor(target, magic);
  const speaking = layers.findLast((layer) => layer.answer && !isSpent(layer, entry));
  if (speaking) {
    speaking.used += 1;
  }
  const last = <T>(pick: (layer: Layer) => T | undefined, usual: T): T =>
    layers.map(pick).findLast((value) => value !== undefined) ?? usual;
  return {
    answer: speaking?.answer ?? { kind: 'accept' },
    by: speaking?.name ?? 'usual',
    answerAfterMs: last((layer) => layer.answerAfterMs, 0),
    statuses: last<readonly StatusStep[]>((layer) => layer.statuses, usualStatuses(target.channel)),
    nativeIdempotency: last((layer) => layer.nativeIdempotency, options.nativeIdempotency),
  };
}
