import { number } from './counting.js';
import { spoken } from './spoken.js';
import { words as everywhere } from './words.js';

/** The words of the versions of a thing: what it was, who changed it, when and why. */
export const versionsWords = {
  list: 'Versions',
  what: 'Each save is a version. One is looked at beside another, and comes back as a draft: nothing of the history is rewritten.',
  version: (version: number) => `Version ${number.format(version)}`,
  now: 'now',
  by: (actor: string) => `by ${actor}`,
  because: (comment: string) => `“${comment}”`,
  against: 'Compare',
  before: 'with the version before',
  with: (version: number) => `with version ${number.format(version)}`,
  withNow: (version: number) => `with what is there now (version ${number.format(version)})`,
  changed: (version: number) => `What version ${number.format(version)} changed`,
  between: (from: number, to: number) => `From version ${number.format(from)} to version ${number.format(to)}`,
  first: (version: number) => `Version ${number.format(version)}, the first that is kept`,
  same: 'They are the same.',
  inWords: 'In words',
  json: 'As JSON',
  jsonLess: 'Hide the JSON',
  jsonOf: (version: number) => `Version ${number.format(version)} as JSON`,
  restore: 'Restore as a draft',
  more: 'Show older ones',
  difference: { field: 'Field', before: 'Before', after: 'After', whole: 'All of it', nothing: 'nothing' },
  end: 'The newest 500 versions are kept.',
};

export const words = { ...everywhere, ...spoken({ versions: versionsWords }) };
