import { describe, expect, it } from '@jest/globals';
import { askedOf, phrasesIn } from './asked-of.js';

const verbs = new Map([
  ['off', phrasesIn('off, switch off, disable')],
  ['on', phrasesIn('on, switch on')],
  ['why', phrasesIn('why, try')],
] as const);
const between = phrasesIn('on, for');
const asked = (text: string) => askedOf(text, verbs, between);

describe('what a text asks for', () => {
  it.each([
    ['off dashboard', 'off', 'dashboard'],
    ['  Switch   OFF  New checkout ', 'off', 'New checkout'],
    ['switch on dashboard', 'on', 'dashboard'],
    ['on on_call', 'on', 'on_call'],
    ['off', 'off', ''],
  ])('is the verb whose phrase it begins with: %s', (text, verb, whole) => {
    expect(asked(text)).toMatchObject({ verb, whole });
  });

  it.each(['', 'offer', 'office off', 'switch', 'switch of', 'whyever dashboard'])(
    'is nothing where no whole phrase begins it: %j',
    (text) => expect(asked(text)).toBeUndefined(),
  );

  it.each([
    ['why dashboard ada', 'dashboard', 'ada'],
    ['why dashboard for ada', 'dashboard', 'ada'],
    ['try New checkout on Ada Lovelace', 'New checkout', 'Ada Lovelace'],
    ['why advanced analytics ada', 'advanced analytics', 'ada'],
    ['why sign on for ada', 'sign on', 'ada'],
    ['why for ada', 'for', 'ada'],
    ['why dashboard for', 'dashboard', 'for'],
    ['why dashboard', '', ''],
  ])('names two things, with a word between them or without: %s', (text, first, second) => {
    expect(asked(text)?.parts).toEqual([first, second]);
  });
});
