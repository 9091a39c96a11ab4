import { number } from './counting.js';

/** The words of what a rule's card has besides conditions: its place, its share, and how that is drawn. */
export const ruleWords = {
  grip: (rule: string) => `Move ${rule}: drag it, or press the arrow keys`,
  moved: (rule: string, at: number, of: number) => `${rule} is rule ${number.format(at)} of ${number.format(of)} now`,
  duplicate: 'Duplicate',
  copyOf: (name: string) => `${name} (copy)`,
  paused: 'Paused',
  resume: (percent: string) => `Resume at ${percent} %`,
  /** What a share below 100 % comes to against the one that is saved. */
  share: {
    paused: {
      LATCHING: 'Paused: nobody new gets it. Who has unlocked it keeps it.',
      LIVE: 'Paused: nobody has it by this rule.',
    },
    raised: (before: string) => `Raised from ${before} %: who was in stays in, and others come in.`,
    lowered: {
      LATCHING: (before: string) =>
        `Lowered from ${before} %: who has unlocked it keeps it, unless you lock it again when you save.`,
      LIVE: (before: string) =>
        `Lowered from ${before} %: those above the new share lose it, and the same come back when you raise it again.`,
    },
  },
  spread: 'Spread over',
  spreads: { user: 'People', organization: 'Organizations, each as a whole', attribute: 'Values of an attribute' },
  attribute: 'Attribute',
  attributeHint: 'People with the same value are in or out together; who has none is in no share below 100 %.',
  spreadHint: 'Another choice draws everybody anew.',
  earnedBy: 'Who earns it',
  earners: { USER: 'Each person', ORGANIZATION: 'An organization, for all of its members' },
  earnedByHint: 'Of a rule that is saved this never changes.',
  onReversal: 'When what earned it is taken back',
  reversals: { KEEP: 'It stays', RELOCK: 'It is locked again' },
};
