import { invalid } from '../calls/errors.js';
import { isJsonObject, quote } from '../core/values/json.js';
import { didYouMean } from '../core/values/nearest-name.js';

/** What a member is: an object by names, a list, or something that its own reader looks at. */
export type Kind = 'object' | 'list' | 'value';

/** Throws INVALID for options with a member that there is not, or that is not of its kind. What is undefined is left out. */
export function checkOptions(options: unknown, members: Readonly<Record<string, Kind>>): void {
  checkKind('the options', options, 'object');
  for (const [name, value] of Object.entries(options as object)) {
    const kind = Object.hasOwn(members, name) ? members[name] : undefined;
    if (kind === undefined) {
      const known = Object.keys(members);
      const all = known.join(', ');
      throw invalid(`a test server has no option ${quote(name)}; it takes ${all}${didYouMean(name, known)}`);
    }
    if (value !== undefined) checkKind(name, value, kind);
  }
}

/** Throws INVALID for what is not of that kind, and says where it stands. */
export function checkKind(where: string, given: unknown, kind: Kind): void {
  if (kind === 'list' && !Array.isArray(given)) throw invalid(`${where}: ${quote(given)} is no list`);
  if (kind === 'object' && !isJsonObject(given)) throw invalid(`${where}: ${quote(given)} is no object`);
}
