import { ApplicationFailure } from '@temporalio/activity';
import { DISPATCH_ENDED } from '../domain/failures';
import type { StepRefusal } from '../store/steps';
import type { SendMessageResult } from './send-message';

export function dispatchEnded(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'the dispatch has ended',
    type: DISPATCH_ENDED,
    nonRetryable: true,
    category: 'BENIGN',
  });
}

/** Not a fault of ours: the server runs the activity again after the delay. */
export function tryAgain(
  delayMs: number,
  type: string,
  reason = 'another attempt is open',
): ApplicationFailure {
  return ApplicationFailure.create({
    message: reason,
    type,
    nextRetryDelay: Math.max(1, Math.ceil(delayMs)),
    category: 'BENIGN',
  });
}

/** A step that may not send any more. */
export function resultFromRefusal(refusal: StepRefusal): SendMessageResult {
  switch (refusal.kind) {
    case 'previous_met':
      return { kind: 'previous_met', status: refusal.status };
    case 'settled': {
      const { status } = refusal.message;
      const told = status === 'planned' ? 'submitted' : status;
      return { kind: 'accepted', acceptedMsAgo: 0, status: told };
    }
    case 'ended':
      throw dispatchEnded();
  }
}
