import { invalid } from '../../calls/errors.js';
import { quote } from '../../core/values/json.js';

/**
 * The fields that a request's update_mask names; undefined where it names none, which means: what is given. Throws INVALID
 * for a path that is none of `known`.
 */
export function updateMask(
  paths: readonly string[] | undefined,
  known: readonly string[],
): ReadonlySet<string> | undefined {
  if (paths === undefined || paths.length === 0) return undefined;
  const unknown = paths.find((path) => !known.includes(path));
  if (unknown !== undefined) {
    throw invalid(`update_mask names ${quote(unknown)}, which is none of: ${known.join(', ')}`);
  }
  return new Set(paths);
}
