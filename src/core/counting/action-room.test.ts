import { expect, it } from '@jest/globals';
import { type ActionTotal, MAX_ACTIONS } from '../states/user-state.js';
import { faultOfAction } from './action-room.js';

const TOTAL: ActionTotal = { count: 1, sum: 0n, activeDays: 1, firstAt: 0, lastAt: 0, recentDays: 1n };

/** Totals as a state that is held has them: to look for one takes a while. */
class SlowTotals extends Map<string, ActionTotal> {
  looks = 0;

  override has(action: string): boolean {
    this.looks++;
    return super.has(action);
  }
}

const actionsOf = (size: number): SlowTotals =>
  new SlowTotals(Array.from({ length: size }, (_, i) => [`known_${i}`, TOTAL]));

it('has room for so many actions, those that are being counted among them, and always for a known one', () => {
  const user = { id: 'ada', actions: actionsOf(MAX_ACTIONS - 2) };
  expect(faultOfAction(user, 'one', new Set())).toBeUndefined();
  expect(faultOfAction(user, 'two', new Set(['one']))).toBeUndefined();
  expect(faultOfAction(user, 'three', new Set(['one', 'two']))).toContain('"three" would be one more');
  for (const action of ['two', 'known_0']) expect(faultOfAction(user, action, new Set(['one', 'two']))).toBeUndefined();
});

it('looks for each event once, however many others come with it', () => {
  const actions = actionsOf(600);
  const more = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    if (faultOfAction({ id: 'ada', actions }, `new_${i}`, more) === undefined) more.add(`new_${i}`);
  }
  expect(more.size).toBe(400);
  expect(actions.looks).toBeLessThanOrEqual(1_000);
});
