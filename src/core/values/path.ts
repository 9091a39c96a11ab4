/** Reads the part of a value that a path names. */
export type PathReader = (value: unknown) => unknown;

/** The longest path, in characters. */
const MAX_PATH_LENGTH = 1024;

/** One step of a path: `.name`, `[0]`, `["any name"]` as JSON writes it, or `['any name']` without quotes and backslashes. */
const STEP = /\.([\p{L}\p{N}_-]+)|\[(0|[1-9]\d{0,8})\]|\[("(?:[^"\\]|\\.)*")\]|\['([^'\\]*)'\]/uy;

/**
 * Whether a text is a plain path: `$.name`, `$.a.b`, `$.list[0].c`, `$["any.name at all"]`; no filters, wildcards, slices or
 * scripts.
 */
export function isPlainPath(path: string): boolean {
  return stepsOf(path) !== undefined;
}

/** The names and indexes that a plain path consists of; undefined for a path that is not plain. */
export function stepsOf(path: string): readonly string[] | undefined {
  if (path.length > MAX_PATH_LENGTH || !path.startsWith('$') || path.length === 1) return undefined;
  const steps: string[] = [];
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) return undefined;
    const [, plain, index, quoted, single] = match;
    const name = quoted === undefined ? (plain ?? index ?? single) : unquoted(quoted);
    if (name === undefined) return undefined;
    steps.push(name);
  }
  return steps;
}

/** The path to a member of that name, whatever the name is: `$.plan`, `$["plan.tier"]`. */
export function pathTo(name: string): string {
  const plain = `$.${name}`;
  return stepsOf(plain)?.length === 1 ? plain : `$[${JSON.stringify(name)}]`;
}

function unquoted(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

/**
 * Compiles a plain path into its reader, which answers as jsonpath-plus would with `wrap: false`: own members only,
 * undefined where there is none, and a value that is no object or list is its own answer, as in the stock engine.
 *
 * Throws for a path that is not plain.
 */
export function readPath(path: string): PathReader {
  const steps = stepsOf(path);
  if (steps === undefined) throw new Error(`not a plain path: "${path}"`);
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) {
    return (value) => (isContainer(value) ? own(value, only) : value);
  }
  return (value) => {
    if (!isContainer(value)) return value;
    let part: unknown = value;
    for (const step of steps) {
      if (!part) return undefined;
      part = own(part, step);
    }
    return part;
  };
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function own(value: unknown, key: string): unknown {
  // A text's own members are its characters and its length; jsonpath-plus reads those too.
  return Object.hasOwn(value as object, key) ? (value as Record<string, unknown>)[key] : undefined;
}
