/** Reads the part of a value that a path names. */
export type PathReader = (value: unknown) => unknown;

/** The longest path, in characters. */
const MAX_PATH_LENGTH = 256;

const PLAIN_PATH = /^\$(?:\.[\p{L}\p{N}_-]+|\[(?:0|[1-9]\d{0,8})\])+$/u;
const STEP = /[\p{L}\p{N}_-]+/gu;

/** Whether a text is a plain path: `$.name`, `$.a.b`, `$.list[0].c`; no filters, wildcards, slices or scripts. */
export function isPlainPath(path: string): boolean {
  return path.length <= MAX_PATH_LENGTH && PLAIN_PATH.test(path);
}

/**
 * Compiles a plain path into its reader, which answers as jsonpath-plus would with `wrap: false`: own members only,
 * undefined where there is none, and a value that is no object or list is its own answer, as in the stock engine.
 *
 * Throws for a path that is not plain.
 */
export function readPath(path: string): PathReader {
  if (!isPlainPath(path)) throw new Error(`not a plain path: "${path}"`);
  const steps = path.slice(1).match(STEP) ?? [];
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
