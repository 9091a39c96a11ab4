/**
 * The order of the test files: first those that wait for servers, clocks and browsers, the rooms with the longest files before the
 * others, so that no long one is left alone at the end; then all others, the largest first. Jest knows the times of its last run
 * only where there was one, and a fresh clone has none.
 */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';

const Sequencer = createRequire(import.meta.url)('@jest/test-sequencer').default;

const ROOMS = ['test/cluster/', 'test/console/', 'test/decisions/', 'test/use-cases/', 'test/', 'src/queue/', 'src/'];

const roomOf = ({ path, context }) => {
  const name = path.slice(context.config.rootDir.length + 1);
  const room = ROOMS.findIndex((each) => name.startsWith(each));
  return room === -1 ? ROOMS.length : room;
};

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const placed = [...tests].map((test) => ({ test, room: roomOf(test), bytes: statSync(test.path).size }));
    return placed.sort((a, b) => a.room - b.room || b.bytes - a.bytes).map(({ test }) => test);
  }
}
