import { describe, expect, it } from '@jest/globals';
import { UncountableEvent } from '../../core/counting/uncountable-event.js';
import type { NewEvent } from '../../store/event-store.js';
import { BurialBrake } from './burial-brake.js';

const culprit: NewEvent = {
  ...{ id: 'e', source: '', userId: 'ada', action: 'x', value: 1, properties: {} },
  ...{ occurredAt: 1, receivedAt: 1 },
};
const defect = new Error('a defect');

describe('the brake on burials', () => {
  it('lets an event be put aside that fails once more after the probe succeeded', async () => {
    const brake = new BurialBrake(() => Promise.resolve(true));
    expect(await brake.allows(0, culprit, defect)).toBe(false);
    expect(await brake.allows(0, culprit, defect)).toBe(true);
  });

  it('takes no probe for a success that could not try, as while another worker has the lane', async () => {
    const brake = new BurialBrake(() => Promise.resolve(false));
    for (let tries = 0; tries < 3; tries++) expect(await brake.allows(0, culprit, defect)).toBe(false);
  });

  it('asks no probe about what nobody can count', async () => {
    const brake = new BurialBrake(() => Promise.reject(defect));
    expect(await brake.allows(0, culprit, new UncountableEvent('too much'))).toBe(true);
    await expect(brake.allows(0, culprit, defect)).rejects.toThrow('stays pending');
  });
});
