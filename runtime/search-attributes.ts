import type { Connection } from '@temporalio/client';
import type { Logger } from './logger';

/** What operators filter dispatches by in the Temporal Web UI, with the server's numbers of the types. */
const TYPES = {
  DispatchTenant: 'INDEXED_VALUE_TYPE_KEYWORD',
  DispatchStatus: 'INDEXED_VALUE_TYPE_KEYWORD',
  DispatchChannel: 'INDEXED_VALUE_TYPE_KEYWORD',
  DispatchStep: 'INDEXED_VALUE_TYPE_INT',
  DispatchChannels: 'INDEXED_VALUE_TYPE_KEYWORD_LIST',
} as const;
const NUMBERS = {
  INDEXED_VALUE_TYPE_KEYWORD: 2,
  INDEXED_VALUE_TYPE_INT: 3,
  INDEXED_VALUE_TYPE_KEYWORD_LIST: 7,
} as const;
/** How often an absent server, or one that has not been taught them, is asked again, in milliseconds. */
const ASK_AGAIN_MS = 10_000;
const DEADLINE_MS = 3_000;

/** Whether the server knows our search attributes. */
export interface SearchAttributes {
  /** False until known: a start with an attribute that the server does not know would fail. */
  known(): boolean;
  close(): void;
}

/**
 * Registers what is missing, in the background. A server that refuses (Temporal Cloud registers by its own tools) is told
 * of once in the log; dispatches then run without search attributes until somebody registers them.
 */
export function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  log: Logger,
): SearchAttributes {
  let known = false;
  let told = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const attempt = async (): Promise<void> => {
    try {
      known = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        registerMissing(connection, namespace),
      );
    } catch (err) {
      if (!told) {
        told = true;
        log.warn(
          { err, attributes: Object.keys(TYPES) },
          'search attributes are not registered: dispatches run without them',
        );
      }
    }
    if (!known && !closed) {
      timer = setTimeout(() => void attempt(), ASK_AGAIN_MS);
      timer.unref();
    }
  };
  void attempt();
  return {
    known: () => known,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function registerMissing(connection: Connection, namespace: string): Promise<boolean> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(TYPES).filter(([name]) => !(name in (customAttributes ?? {})));
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map(([name, type]) => [name, NUMBERS[type]]),
    );
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  return true;
}
