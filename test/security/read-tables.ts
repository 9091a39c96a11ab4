/** One line of a table of `docs/security.md`: a call, and what each kind of caller gets. */
export interface TableRow {
  /** An RPC's name, or a route like `PATCH /api/feature-flags/:id`. */
  readonly call: string;
  readonly about: string;
  /** The operation of `permissions.ts`; '' where anybody may. */
  readonly operation: string;
  /** By kind of caller; without those that do not apply. */
  readonly outcomes: Readonly<Record<string, string>>;
}

/** The rows of the table whose first column has this heading. */
export function readTable(markdown: string, heading: string): readonly TableRow[] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (start < 0) throw new Error(`there is no table with the heading ${heading}`);
  const [, , , ...callers] = cells(lines[start]!);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => {
    const [call = '', about = '', operation = '', ...outcomes] = cells(line);
    if (outcomes.length !== callers.length) throw new Error(`the line of ${call} has ${outcomes.length} outcomes`);
    const entries = callers.map((caller, i) => [caller, outcomes[i]!] as const);
    return { call, about, operation, outcomes: Object.fromEntries(entries.filter(([, outcome]) => outcome !== '–')) };
  });
}

function cells(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim().replaceAll('`', ''));
}
