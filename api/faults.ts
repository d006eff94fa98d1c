/** Named points of the accept protocol, where fault tests stop or kill the process. Outside tests: nothing. */
export type AcceptPoint = 'accept.begun' | 'accept.committed' | 'accept.started';

export type AtAcceptPoint = (point: AcceptPoint) => Promise<void> | void;
