import { expect, it } from '@jest/globals';
import { conditionPlace } from './condition-place.js';

it.each([
  ['/rules/0/conditions/all/1/value', 'condition 2 of rule 1'],
  ['/rules/2/conditions/any/0/all/2/not/any/1/fact', 'condition 1.3.2 of rule 3'],
  ['/rules/0/conditions/value', 'the condition of rule 1'],
  ['/conditions/all/0', 'condition 1'],
])('the place %s is told as %s', (pointer, told) => {
  expect(conditionPlace(pointer)).toBe(told);
});
