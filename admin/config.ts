import { loadConfig, type ConfigFor } from '../runtime/config';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the operator's command line reads of the environment. */
export function adminConfig(env: Environment): ConfigFor<'admin'> {
  return loadConfig(env, ['admin']);
}
