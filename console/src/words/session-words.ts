import { spoken } from './spoken.js';

/** The words of the warning before a session ends. */
const session = {
  title: 'You will be signed out soon',
  idle: 'Nothing was done here for long, so this session ends within two minutes, unless you stay. What you drafted is kept either way.',
  ends: 'A session lasts seven days at most, and not longer than what you signed in with. This one ends within two minutes. Sign in again, and the page goes on where it is; what you drafted is kept.',
  left: (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`,
  later: 'Not now',
  stay: 'Stay signed in',
  again: 'Sign in again',
  failed: 'The session could not be prolonged',
};

/** The words of looking at the console with somebody else's eyes. */
const view = {
  label: 'View as an organization’s administrator',
  viewing: 'You see the console as the administrator of',
  what: 'What you change is refused.',
  leave: 'Leave this view',
};

export const { session: sessionWords, view: viewWords } = spoken({ session, view });
