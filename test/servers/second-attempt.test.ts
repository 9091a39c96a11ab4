import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { close, filesToRepeat } from './second-attempt.js';

const ROOT = '/latchkey';
type Status = 'passed' | 'failed';
interface File {
  readonly name: string;
  readonly status: Status;
  readonly assertionResults: readonly { readonly status: Status }[];
}

const file = (path: string, status: Status, passed: number, failed: number): File => ({
  name: `${ROOT}/${path}`,
  status,
  assertionResults: [
    ...Array.from({ length: passed }, () => ({ status: 'passed' as const })),
    ...Array.from({ length: failed }, () => ({ status: 'failed' as const })),
  ],
});
const of = (...testResults: readonly File[]) => ({ testResults, wasInterrupted: false });

const ROOMS = ['test/console', 'test/cluster', 'test/clients', 'test/use-cases', 'src/core', 'test'];
const anyFiles = fc.uniqueArray(
  fc.record({
    room: fc.constantFrom(...ROOMS),
    name: fc.stringMatching(/^[a-z]{1,6}$/),
    red: fc.boolean(),
    again: fc.boolean(),
  }),
  { selector: ({ room, name }) => `${room}/${name}`, maxLength: 8 },
);

it('repeats all files that failed, where they are few and of the rooms of browsers and processes, and otherwise none', () => {
  fc.assert(
    fc.property(anyFiles, (files) => {
      const results = of(
        ...files.map(({ room, name, red }) => file(`${room}/${name}`, red ? 'failed' : 'passed', 1, red ? 1 : 0)),
      );
      const red = files.filter((each) => each.red);
      const may = red.length <= 3 && red.every(({ room }) => ROOMS.indexOf(room) < 3);
      expect(filesToRepeat(results, ROOT)).toEqual(may ? red.map(({ room, name }) => `${ROOT}/${room}/${name}`) : []);
      expect(filesToRepeat({ ...results, wasInterrupted: true }, ROOT)).toEqual([]);
    }),
  );
});

it('counts each test once, as it came out last, and names what passed only then', () => {
  fc.assert(
    fc.property(anyFiles, (files) => {
      const all = files.map(({ room, name, red }) =>
        file(`${room}/${name}`, red ? 'failed' : 'passed', red ? 2 : 3, red ? 1 : 0),
      );
      const repeated = files
        .filter(({ red }) => red)
        .map(({ room, name, again }) =>
          of(file(`${room}/${name}`, again ? 'passed' : 'failed', again ? 3 : 2, again ? 0 : 1)),
        );
      const failing = files.filter(({ red, again }) => red && !again).length;
      const mended = files.filter(({ red, again }) => red && again).map(({ room, name }) => `${room}/${name}`);
      const { lines, passed } = close(of(...all), repeated, ROOT);
      expect(lines.at(-1)).toBe(`${files.length * 3 - failing} passed, ${failing} failed`);
      expect(passed).toBe(failing === 0);
      expect(lines.slice(0, -1)).toEqual(
        mended.length === 0
          ? []
          : [
              `${mended.length} ${mended.length === 1 ? 'file' : 'files'} passed at the second attempt: ${mended.join(', ')}`,
            ],
      );
    }),
  );
});

it('counts a file that could not be run, and a run without results, as a failure', () => {
  expect(close(of(file('test/a', 'failed', 0, 0)), [], ROOT)).toEqual({ lines: ['0 passed, 1 failed'], passed: false });
  expect(close(undefined, [], ROOT)).toEqual({ lines: ['0 passed, 1 failed'], passed: false });
});
