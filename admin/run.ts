import { Command } from 'commander';
import { addAccountKeyCommands } from './account-key';
import { addApplicationCommands } from './application';
import type { Answer, Runner } from './command-line';
import type { Environment } from './config';
import { withContext } from './context';
import { endingOf, EXIT } from './exit';
import { textOf } from './output';
import { addSecretsCommands } from './secrets';
import { addTenantCommands } from './tenant';
import { addTokenCommands } from './token';

export interface AdminIo {
  readonly env: Environment;
  /** Answers, and nothing else. */
  out(text: string): void;
  /** Errors, and notes beside an answer. */
  error(text: string): void;
}

/** Runs one command line (without the program's own name) and returns its exit code. */
export async function runAdmin(words: readonly string[], io: AdminIo): Promise<number> {
  let code: number = EXIT.done;
  const program = createProgram(io);
  const run: Runner = async (work) => {
    const answer = await withContext(io.env, work);
    print(io, answer, program.opts<{ json?: boolean }>().json === true);
    code = answer.isRight === false ? EXIT.refused : EXIT.done;
  };
  addTenantCommands(program, run);
  addApplicationCommands(program, run);
  addAccountKeyCommands(program, run);
  addTokenCommands(program, run);
  addSecretsCommands(program, run);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    const ending = endingOf(error);
    if (ending.message !== undefined) {
      io.error(`${ending.message}\n`);
    }
    return ending.code;
  }
}

/** Commands inherit what is set here: errors are thrown, output goes where `io` says. */
function createProgram(io: AdminIo): Command {
  return new Command('admin')
    .description("the operator's command line")
    .option('--json', 'answer in JSON')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.error(text) })
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride();
}

function print(io: AdminIo, { value, note }: Answer, asJson: boolean): void {
  io.out(`${asJson ? JSON.stringify(value, undefined, 2) : textOf(value)}\n`);
  if (note !== undefined) {
    io.error(`${note}\n`);
  }
}
