/**
 * How long a snapshot of 10,000 flags of three conditions takes to build, in a process that has just started and in one that has
 * built some before, and how long a change of one flag takes.
 *
 *     npm run bench:snapshot
 *
 * `FLAGS` and `ROUNDS` change its size.
 */
import { execFileSync } from 'node:child_process';
import type { Configuration, Flag } from '../../src/core/flags/flag.js';
import { parseFlag } from '../../src/core/flags/parse-flag.js';
import { compileChanges, compileSnapshot } from '../../src/core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../../src/core/snapshot/snapshot.js';
import { flagKey, ruleOf } from '../stand/many-flags.js';
import { TYPESCRIPT } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { roundsOr, sideBySide } from '../stand/rounds.js';

const FLAGS = Number(process.env.FLAGS ?? 10_000);
const CHANGES = 50;
const NOW = Date.UTC(2026, 0, 31);

function makeFlag(n: number, existing?: Flag): Flag {
  const { flag, faults } = parseFlag({
    ...{ key: flagKey(n), input: { rules: [ruleOf(n)], description: `made at ${existing?.version ?? 0}` }, existing },
    ...{ now: NOW, newId: (prefix) => `${prefix}_${n}`, relock: false },
  });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return flag;
}

const configuration = (): Configuration => ({
  ...{ revision: 1, segments: [], stages: [], actions: [], roleAccess: [] },
  flags: Array.from({ length: FLAGS }, (_, n) => makeFlag(n)),
});

/** Builds from a configuration that nothing has seen, as at a start. */
function build(): { readonly snapshot: Snapshot; readonly ms: number } {
  const given = configuration();
  const startedAt = performance.now();
  const snapshot = compileSnapshot(given);
  const ms = performance.now() - startedAt;
  if (snapshot.flags.size !== FLAGS || snapshot.failures.length > 0) throw new Error('the snapshot is not whole');
  return { snapshot, ms };
}

/** What one change takes, on average over some that follow one another. */
function change(): number {
  let { snapshot } = build();
  const changed = Array.from({ length: CHANGES }, (_, i) => (i * 7919) % FLAGS);
  const flags = changed.map((n) => makeFlag(n, snapshot.flags.get(flagKey(n))!.flag));
  const startedAt = performance.now();
  for (const [i, flag] of flags.entries()) {
    const none = { roleAccess: [], segments: [] };
    snapshot = compileChanges(snapshot, { revision: 2 + i, flags: [flag], ...none });
  }
  return (performance.now() - startedAt) / CHANGES;
}

const FRESH = 'fresh';
if (process.argv[2] === FRESH) {
  console.log(build().ms);
} else {
  const rounds = roundsOr(7);
  const report = new Report('snapshot', { flags: FLAGS, rounds });
  const [node, ...args] = [...TYPESCRIPT, 'bench/core/snapshot.ts', FRESH];
  const fresh = (): number => Number(execFileSync(node!, args, { encoding: 'utf8' }));
  const sides = [
    { name: 'built at a start', run: () => ({ ms: fresh() }) },
    { name: 'built again', run: () => ({ ms: build().ms }) },
    { name: 'one flag changed', run: () => ({ ms: change() }) },
  ];
  const measured = await sideBySide(sides, rounds);
  for (const [name, atMost] of [
    ['built at a start', 150] as const,
    ['built again', 150] as const,
    ['one flag changed', 5] as const,
  ]) {
    report.row({ what: name, unit: 'ms', values: measured.of(name, 'ms'), digits: 2, mark: { atMost } });
  }
  report.end();
}
