import { CONFIG_EXIT_CODE, ConfigError, describeConfig, loadConfig } from '../runtime/config';
import { createLogger } from '../runtime/logger';
import { installShutdown } from '../runtime/shutdown';
import { KeyRingError } from '../store/key-ring';
import { runApi } from './run-api';

async function main(): Promise<void> {
  const config = loadConfig(process.env, ['api']);
  const log = createLogger({ name: 'api', level: config.logLevel });
  log.info(describeConfig(config), 'starting');
  const api = await runApi({ config, log });
  installShutdown({ log, phases: api.phases });
  log.info({ port: api.port, publicUrl: config.publicUrl }, 'API listens');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const unusable = error instanceof ConfigError || error instanceof KeyRingError;
  process.exit(unusable ? CONFIG_EXIT_CODE : 1);
});
