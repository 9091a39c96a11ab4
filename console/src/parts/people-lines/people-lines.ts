/** A list of people as somebody pasted it, and what became of each of its lines. */

/** The ids of most people that a list may have: as many as one call takes. */
export const MOST_LINES = 1_000;
const LONGEST_ID = 191;

export interface Line {
  /** 1 for the first. */
  readonly at: number;
  readonly text: string;
}

export type LineFault =
  | { readonly kind: 'repeats'; readonly line: number }
  | { readonly kind: 'several'; readonly people: number }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'tooLong' | 'control' | 'notTried' };

export interface FaultyLine extends Line {
  readonly fault: LineFault;
}

export interface ReadLines {
  readonly lines: readonly Line[];
  readonly faults: readonly FaultyLine[];
}

/** The lines that name somebody, each once; empty ones are none. Quotes around, and commas behind, are those of tables that were copied. */
export function readLines(text: string): ReadLines {
  const lines: Line[] = [];
  const faults: FaultyLine[] = [];
  const first = new Map<string, number>();
  for (const [i, each] of text.split(/\r\n|\n|\r/).entries()) {
    const line = { at: i + 1, text: nameIn(each) };
    if (line.text === '') continue;
    const before = first.get(line.text);
    const fault = before === undefined ? faultOf(line.text) : ({ kind: 'repeats', line: before } as const);
    if (before === undefined) first.set(line.text, line.at);
    if (fault === undefined) lines.push(line);
    else faults.push({ ...line, fault });
  }
  return { lines, faults };
}

function nameIn(line: string): string {
  const text = line.trim().replace(/[,;\t\s]+$/, '');
  return /^"([^"]*)"$/.exec(text)?.[1]?.trim() ?? text;
}

function faultOf(text: string): LineFault | undefined {
  if (text.length > LONGEST_ID) return { kind: 'tooLong' };
  return /\p{Cc}/u.test(text) || !text.isWellFormed() ? { kind: 'control' } : undefined;
}

/** Somebody as a search found them. */
export interface Candidate {
  readonly user_id: string;
  readonly attributes: readonly { readonly value: string }[];
}

export type Found =
  | { readonly kind: 'known'; readonly id: string }
  /** Nothing is stored of anybody of this id. */
  | { readonly kind: 'unknown'; readonly id: string }
  | { readonly kind: 'fault'; readonly fault: LineFault };

/** Whom a text names, of those whom a search for it found: the one of that id, or else the one who has it as an attribute. */
export function foundBy(text: string, candidates: readonly Candidate[]): Found {
  if (candidates.some(({ user_id }) => user_id === text)) return { kind: 'known', id: text };
  const folded = text.toLowerCase();
  const having = candidates.filter(({ attributes }) => attributes.some(({ value }) => value.toLowerCase() === folded));
  if (having.length > 1) return { kind: 'fault', fault: { kind: 'several', people: having.length } };
  if (having[0] !== undefined) return { kind: 'known', id: having[0].user_id };
  // An address that finds nobody, too: ids may be addresses. Whoever asks for it sees that nothing is stored of it.
  return { kind: 'unknown', id: text };
}

export interface LookedUp {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
  readonly faults: readonly FaultyLine[];
}

export interface LookUpOptions {
  readonly search: (text: string, signal: AbortSignal) => Promise<readonly Candidate[]>;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** How many are looked up at once: a server has other things to do. */
const AT_ONCE = 4;

/** Looks up everybody whom a list names; two lines of one person count once. What was not looked up when it was stopped is told so. */
export async function lookUp({ lines, faults }: ReadLines, options: LookUpOptions): Promise<LookedUp> {
  const { search, signal, onProgress } = options;
  const found = new Map<number, Found>();
  const waiting = lines.slice();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined && !signal.aborted; line = waiting.shift()) {
      try {
        found.set(line.at, foundBy(line.text, await search(line.text, signal)));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!signal.aborted) found.set(line.at, { kind: 'fault', fault: { kind: 'failed', why } });
      }
      onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return sorted(lines, faults, found);
}

function sorted(lines: readonly Line[], faults: readonly FaultyLine[], found: ReadonlyMap<number, Found>): LookedUp {
  const [known, unknown, left] = [new Map<string, number>(), [] as string[], faults.slice()];
  for (const line of lines) {
    const what = found.get(line.at) ?? ({ kind: 'fault', fault: { kind: 'notTried' } } as const);
    if (what.kind === 'fault') left.push({ ...line, fault: what.fault });
    else if (what.kind === 'unknown') unknown.push(what.id);
    else if (known.has(what.id)) left.push({ ...line, fault: { kind: 'repeats', line: known.get(what.id)! } });
    else known.set(what.id, line.at);
  }
  return { known: [...known.keys()], unknown, faults: left.toSorted((a, b) => a.at - b.at) };
}
