import { describe, expect, it } from '@jest/globals';
import { flipsOf } from './flips-of-events.js';

describe('what a call’s events flipped', () => {
  it('is each flag as the last change left it, user by user', () => {
    const changes = [
      { userId: 'ada', revision: 3, unlocked: ['gone'], locked: ['back'] },
      { userId: 'ada', revision: 2, unlocked: ['back', 'kept'], locked: ['gone'] },
      { userId: 'bob', revision: 1, unlocked: [], locked: ['kept'] },
    ];
    expect(flipsOf(changes)).toEqual({
      unlocked: [
        { userId: 'ada', flagKey: 'kept' },
        { userId: 'ada', flagKey: 'gone' },
      ],
      locked: [
        { userId: 'bob', flagKey: 'kept' },
        { userId: 'ada', flagKey: 'back' },
      ],
    });
  });
});
