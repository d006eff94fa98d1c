import { closeSync, openSync, writeSync } from 'node:fs';

/** A file that takes one JSON text per line. */
export interface JsonLines {
  write(line: object): void;
  close(): void;
}

/** Without a path, lines go nowhere. Lines are written synchronously: whatever was answered is in the file, even after a SIGKILL. */
export function openJsonLines(path: string | undefined): JsonLines {
  if (path === undefined) {
    return { write: () => undefined, close: () => undefined };
  }
  let file: number | undefined = openSync(path, 'a');
  return {
    write(line) {
      if (file !== undefined) {
        writeSync(file, `${JSON.stringify(line)}\n`);
      }
    },
    close() {
      if (file !== undefined) {
        closeSync(file);
        file = undefined;
      }
    },
  };
}
