/** A workflow interceptor, bundled into the sandbox: tells a sink every command that a workflow gives. */
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

export interface CommandSinks extends Sinks {
  commands: { write(commands: readonly object[]): void };
}

const { commands: sink } = proxySinks<CommandSinks>();

export const interceptors: WorkflowInterceptorsFactory = () => ({
  internals: [
    {
      concludeActivation: (input, next) => {
        const output = next(input);
        if (output.commands.length > 0) {
          sink.write(output.commands);
        }
        return output;
      },
    },
  ],
});
