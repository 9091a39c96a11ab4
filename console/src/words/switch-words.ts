import { spoken } from './spoken.js';
import { words as everywhere } from './words.js';

/** The words of switching a flag off or on. */
export const switchWords = {
  title: (key: string, on: boolean) => `Switch ${on ? 'on' : 'off'} ${key}?`,
  what: (on: boolean) =>
    on ? 'On at once, on all servers, for whomever its policy lets in.' : 'Off for everybody, at once, on all servers.',
  present: 'Who gets it now',
  future: 'Who will get it',
  does: (on: boolean) => `Switch ${on ? 'on' : 'off'}`,
  done: (key: string, on: boolean) => `${key} is ${on ? 'on' : 'off'}`,
  already: (key: string, on: boolean) => `${key} is switched ${on ? 'on' : 'off'} already`,
  archived: (key: string) => `${key} is archived`,
  archivedWhat: 'It answers as if it did not exist. Bring it back first.',
  changedBy: (actor: string) => `Changed meanwhile by ${actor}`,
  changedBySomebody: 'Somebody changed this flag meanwhile.',
  lookAgain: 'This is how it is now; look again, then decide.',
};

export const words = { ...everywhere, ...spoken({ switching: switchWords }) };
