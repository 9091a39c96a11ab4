/**
 * The order of the test files. Some wait for clocks and other processes most of their time, the others compute: one of each at a time
 * keeps the processors busy. Of both, the rooms with the longest files come first, so that no long one is left alone at the end, and
 * in a room the largest file. Jest knows the times of its last run only where there was one, and a fresh clone has none.
 */

import { statSync } from 'node:fs';
import { createRequire } from 'node:module';

const Sequencer = createRequire(import.meta.url)('@jest/test-sequencer').default;

const WAITING = [
  'test/cluster/',
  'src/queue/',
  'test/frames/',
  'test/use-cases/',
  'test/docs/',
  'test/openapi/',
  'src/compose/',
];
const COMPUTING = ['test/console/', 'test/decisions/', 'test/clients/', 'test/flagd/', 'test/', 'src/core/', 'src/'];

const nameOf = ({ path, context }) => path.slice(context.config.rootDir.length + 1);

/** The files of these rooms, in the order of the rooms; a file belongs to the first room that has it. */
function ordered(tests, rooms) {
  const roomOf = (test) => rooms.findIndex((room) => nameOf(test).startsWith(room));
  const placed = tests.map((test) => ({ test, room: roomOf(test), bytes: statSync(test.path).size }));
  return placed.sort((a, b) => (a.room >>> 0) - (b.room >>> 0) || b.bytes - a.bytes);
}

/** Both in turn, so that of each the same part is done at any time. */
function inTurn(one, other) {
  const total = (list) => list.reduce((sum, { bytes }) => sum + bytes, 0);
  const wholes = [total(one), total(other)];
  const queues = [[...one], [...other]];
  const done = [0, 0];
  const order = [];
  while (queues[0].length > 0 || queues[1].length > 0) {
    const behind = done[0] / wholes[0] <= done[1] / wholes[1] ? 0 : 1;
    const from = queues[behind].length > 0 ? behind : 1 - behind;
    const next = queues[from].shift();
    done[from] += next.bytes;
    order.push(next.test);
  }
  return order;
}

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const waits = (test) => WAITING.some((room) => nameOf(test).startsWith(room));
    const all = [...tests];
    return inTurn(
      ordered(all.filter(waits), WAITING),
      ordered(
        all.filter((test) => !waits(test)),
        COMPUTING,
      ),
    );
  }
}
