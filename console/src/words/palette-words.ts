import { count } from './counting.js';
import { spoken } from './spoken.js';
import { words as everywhere } from './words.js';

/** The words of the palette, and those that it understands. */
export const paletteWords = {
  title: 'Find or do',
  placeholder: 'A flag, a person, a page, or: off dashboard, why dashboard ada…',
  results: 'Results',
  kinds: {
    flags: 'Flags',
    segments: 'Segments',
    people: 'People',
    organizations: 'Organizations',
    stages: 'Stages',
    actions: 'Actions',
    go: 'Go to',
    do: 'Do',
  },
  nothing: (q: string) => `Nothing is called “${q}”.`,
  go: (page: string) => `Go to ${page}`,
  theme: (theme: string) => `Theme: ${theme}`,
  found: (n: number) => (n === 0 ? 'No results' : count(n, 'result', 'results')),
  keys: 'to choose · Enter to go or do · Esc to close',
  /**
   * What is done to a flag. `said`: what it may be called when it is typed, before the flag, with commas between; `begun`: the entry that
   * goes on to ask for which flag.
   */
  verbs: {
    off: {
      said: 'switch off, turn off, off, disable',
      begun: 'Switch off a flag…',
      does: (flag: string) => `Switch off ${flag}…`,
    },
    on: {
      said: 'switch on, turn on, on, enable',
      begun: 'Switch on a flag…',
      does: (flag: string) => `Switch on ${flag}…`,
    },
    explain: {
      said: 'why, explain, try',
      begun: 'Explain a flag for a person…',
      forWhom: (flag: string) => `Why ${flag}, for whom?`,
      which: (person: string) => `Why which flag, for ${person}?`,
      does: (flag: string, person: string) => `Why ${flag} is on or off for ${person}`,
    },
    allow: {
      said: 'allow, row for, row',
      begun: 'Allow a flag for a person…',
      forWhom: (flag: string) => `Allow ${flag} for whom?`,
      which: (person: string) => `Allow which flag for ${person}?`,
      does: (flag: string, person: string) => `Allow ${flag} for ${person}…`,
    },
    deny: {
      said: 'deny',
      begun: 'Deny a person a flag…',
      forWhom: (flag: string) => `Deny ${flag} to whom?`,
      which: (person: string) => `Deny which flag to ${person}?`,
      does: (flag: string, person: string) => `Deny ${flag} to ${person}…`,
    },
    copy: {
      said: 'copy key of, copy key, copy',
      begun: 'Copy the key of a flag…',
      does: (flag: string) => `Copy the key ${flag}`,
    },
    rules: {
      said: 'rules of, rules',
      begun: 'Rules of a flag…',
      does: (flag: string) => `Rules of ${flag}`,
    },
    access: {
      said: 'access rows of, access rows, rows of, rows, access',
      begun: 'Access rows of a flag…',
      does: (flag: string) => `Access rows of ${flag}`,
    },
    unlocks: {
      said: 'unlocks of, unlocks, ledger',
      begun: 'Unlocks of a flag…',
      does: (flag: string) => `Unlocks of ${flag}`,
    },
    use: {
      said: 'use, code of, code',
      begun: 'Code that uses a flag…',
      does: (flag: string) => `Use ${flag} in code`,
    },
    versions: {
      said: 'versions of, versions',
      begun: 'Versions of a flag…',
      does: (flag: string) => `Versions of ${flag}`,
    },
    undo: {
      said: 'undo, history of, history',
      begun: 'History of a flag, to undo…',
      does: (flag: string) => `History of ${flag}, to undo`,
    },
  },
  /** What may stand between a flag and a person, with commas between. */
  between: 'on, for, to, of',
  copied: (key: string) => `Copied ${key}`,
  notCopied: 'This browser copies nothing here',
  notCopiedWhat: (key: string) => `Without TLS it has no clipboard. The key is ${key}.`,
};

export const words = { ...everywhere, ...spoken({ palette: paletteWords }) };
