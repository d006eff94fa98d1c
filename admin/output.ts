/** Answers as people read them: a list is a table, one thing is a list of its fields. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : tableOf(value);
  }
  return typeof value === 'object' && value !== null ? fieldsOf(value) : cellOf(value);
}

function fieldsOf(value: object): string {
  const entries = Object.entries(value).map(([name, field]) => [name, cellOf(field)] as const);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, field]) => `${name.padEnd(width)}  ${field}`).join('\n');
}

function tableOf(rows: readonly object[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => {
    const fields = new Map(Object.entries(row));
    return names.map((name) => cellOf(fields.get(name)));
  });
  const lines = [names, ...cells];
  const widths = names.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Line breaks would break the table: a PEM keeps only its first line. */
function cellOf(value: unknown): string {
  if (value === undefined) {
    return '';
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map(cellOf).join(', ');
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.includes('\n') ? `${text.slice(0, text.indexOf('\n'))} …` : text;
}
