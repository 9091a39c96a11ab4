import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DoorStand } from '../../src/grpc/testing/door-stand.js';
import { type Expected, readDecisionCases } from './decision-cases.js';
import { type DoorAnswer, openCaseServer, putWorld } from './door-world.js';
import { setApart } from './set-apart.js';

const named = readDecisionCases(0).filter(({ coreOnly }) => coreOnly === undefined);

/** An empty list of roles cannot be told from none on the wire. */
const cannotBeSaid = ({ context }: (typeof named)[number]): boolean => context?.roles?.length === 0;

/** The answer that a case expects; what it leaves out is as the door has it. */
function expectedOf({ rule, ...expected }: Expected, answer: DoorAnswer): DoorAnswer {
  const { variant, value } = answer;
  return { variant, value, ...expected, ...(answer.rule === undefined ? {} : { rule }) };
}

let stand: DoorStand;
beforeAll(async () => {
  stand = await openCaseServer();
});
afterAll(() => stand.close());

describe('both doors decide', () => {
  const asked = named.filter((given) => !cannotBeSaid(given)).map(({ name }, i) => [name, i] as const);
  it.each(asked)('%s', async (name, i) => {
    const given = setApart(readDecisionCases(Date.now()).find((one) => one.name === name)!, `-${i}`);
    const { expected } = given;
    const world = await putWorld(stand, given);
    const told = await world.overGrpc();
    // There is no value for a flag that there is not; in the core that is null.
    const { value, ...unknown } = expected;
    expect(told).toEqual(expectedOf(expected.reason === 'FLAG_NOT_FOUND' ? unknown : expected, told));

    // The list is about what is stored, and shows no call's own context.
    if (given.context !== undefined) return;
    const listed = await world.overRest();
    if (expected.reason === 'FLAG_NOT_FOUND') expect(listed).toBeUndefined();
    else if (listed === undefined) throw new Error(`the list has no ${given.ask}`);
    else {
      // Users are not told of denials.
      const reason = expected.reason === 'DENIED' ? 'DEFAULT' : expected.reason;
      expect(listed).toEqual(expectedOf({ ...expected, reason }, listed));
    }
  });
});
