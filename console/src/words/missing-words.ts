import { spoken } from './spoken.js';

/** The words for what is not there: an address with a slip, a thing that is gone. */
const missing = {
  titles: {
    flag: (id: string) => `There is no flag ${id}`,
    segment: (id: string) => `There is no segment ${id}`,
    person: (id: string) => `Nobody is known as ${id}`,
    organization: (id: string) => `Nothing is known of an organization ${id}`,
    stage: (id: string) => `No stage is called ${id}`,
    action: (id: string) => `Nobody declares an action ${id}`,
  },
  whats: {
    flag: 'The key may have a slip. Flags are never removed: archived ones are found, too.',
    segment: 'The key may have a slip, or the segment was deleted: the history has what became of it.',
    person: '',
    organization: 'The id may have a slip. What is said of it here counts once services name it, or you make it.',
    stage: 'It is not on the list of stages, and nobody has come to it.',
    action: 'Services may send it all the same, and then it counts.',
  },
  near: {
    flag: 'Flags that are called like it',
    segment: 'Segments that are called like it',
    person: 'People who are called like it',
    organization: 'Organizations that are called like it',
    stage: 'Stages that are called like it',
    action: 'Actions that are called like it',
  },
  make: {
    flag: 'Make this flag',
    segment: 'Make this segment',
    organization: 'Make it',
    stage: 'To the list of stages',
    action: 'Declare it',
  },
  history: 'Look at the history',
  entry: 'There is no such entry',
  entryWhat: 'It may be older than the history goes back, be for others to see, or the address has a slip.',
  version: 'There is no such version',
};

export const { missing: missingWords } = spoken({ missing });
