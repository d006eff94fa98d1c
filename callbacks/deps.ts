import type { Database } from '../store/database';
import type { PostDeps } from './post';
import type { CallbackSchedule } from './schedule';
import type { WakeEndpoint } from './wake';

/** All that telling the caller needs. */
export interface CallbackDeps extends PostDeps {
  readonly db: Database;
  readonly wake: WakeEndpoint;
  readonly schedule: CallbackSchedule;
  readonly log: {
    debug(fields: object, message: string): void;
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}
