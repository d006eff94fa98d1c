/** Jest's Node environment, which also cleans up after a file and fails it when it leaves something behind. */
import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';
import { TestEnvironment } from 'jest-environment-node';
import { runAfterFile } from './after-file';
import { guardConnections } from './loopback-only';

/** How long connections that are being closed may take, in milliseconds. */
const SETTLE_MS = 3_000;

export default class CleanEnvironment extends TestEnvironment {
  private endGuard: () => string[] = () => [];
  private before = new Set<unknown>();

  override async setup(): Promise<void> {
    await super.setup();
    this.before = new Set(activeHandles());
    this.endGuard = guardConnections();
  }

  /** Comes after the last hook of the file; in `teardown` its modules could not be used any more. */
  async handleTestEvent(event: { readonly name: string }): Promise<void> {
    if (event.name !== 'run_finish') {
      return;
    }
    await runAfterFile(this.global);
    const problems = await this.leftovers();
    problems.push(...this.endGuard().map((host) => `an attempt to connect to ${host}`));
    if (problems.length > 0) {
      throw new Error(`This test file leaves behind:\n${problems.join('\n')}`);
    }
  }

  override async teardown(): Promise<void> {
    this.endGuard();
    await super.teardown();
  }

  /** Only what keeps a process alive counts: idle connections of a pool that lets it end do not. */
  private async leftovers(): Promise<string[]> {
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      const found = activeHandles()
        .filter((handle) => !this.before.has(handle))
        .map(describeHandle)
        .filter((text) => text !== undefined);
      if (found.length === 0 || Date.now() >= deadline) {
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Node keeps this list for debugging; there is no public way to see the objects themselves. */
function activeHandles(): unknown[] {
  const { _getActiveHandles: list } = process as unknown as { _getActiveHandles(): unknown[] };
  return list.call(process);
}

function describeHandle(handle: unknown): string | undefined {
  if (handle instanceof ChildProcess) {
    return `the process ${handle.pid} (${handle.spawnfile})`;
  }
  if (handle instanceof Server) {
    return `a server on ${JSON.stringify(handle.address())}`;
  }
  // Pipes to children and the terminal are sockets without a remote port.
  if (handle instanceof Socket && handle.remotePort !== undefined) {
    return `a connection to ${handle.remoteAddress}:${handle.remotePort}`;
  }
  return undefined;
}
