import { join } from 'node:path';
import { CONFIG_EXIT_CODE, ConfigError, describeConfig, loadConfig } from '../runtime/config';
import { createLogger } from '../runtime/logger';
import { installShutdown } from '../runtime/shutdown';
import { installTemporalRuntime } from '../runtime/temporal-worker';
import { KeyRingError } from '../store/key-ring';
import { runWorker } from './run-worker';

/** Made by `npm run build` beside the compiled code. */
const BUNDLE_PATH = join(__dirname, '..', 'workflow-bundle.js');

async function main(): Promise<void> {
  const config = loadConfig(process.env, ['worker']);
  const log = createLogger({ name: 'worker', level: config.logLevel });
  log.info(describeConfig(config), 'starting');
  const { metricsPort, otlpEndpoint } = config;
  installTemporalRuntime({ log, metricsPort, otlpEndpoint });
  const worker = await runWorker({ config, log, bundlePath: BUNDLE_PATH });
  const shutdown = installShutdown({ log, phases: worker.phases });
  log.info({}, 'worker runs');
  await worker.running.catch(async (err: unknown) => {
    log.error({ err }, 'worker failed');
    process.exitCode = 1;
    await shutdown.stop('worker failed');
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const unusable = error instanceof ConfigError || error instanceof KeyRingError;
  process.exit(unusable ? CONFIG_EXIT_CODE : 1);
});
