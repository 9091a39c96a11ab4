import { expect, it } from '@jest/globals';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { pickedAgain } from './picked-again.js';

const flag = (key: string, version: number) => ({ key, version }) as FeatureFlag;

it('has failed flags as they are by now, and those that were not come to as they were picked', () => {
  const left = { failed: [flag('a', 1), flag('gone', 1)], untried: [flag('b', 1)] };
  const picked = pickedAgain(left, [flag('a', 2), flag('b', 2), flag('c', 1)]);
  expect([...picked.values()]).toEqual([flag('a', 2), flag('gone', 1), flag('b', 1)]);
});
