/** Named points of the send and finish protocols, where fault tests stop or kill a process. Outside tests: nothing. */
export type FaultPoint =
  | 'send.prepared'
  | 'send.claimed'
  | 'send.written'
  | 'send.answered'
  | 'send.recorded'
  | 'finish.begun'
  | 'finish.committed';

export type AtFaultPoint = (point: FaultPoint) => Promise<void> | void;
