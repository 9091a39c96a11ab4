#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

/** Node 22.15 is the first that has everything used here; a native module crashes on much older ones. */
const OLDEST = [22, 15] as const;

/** What a signal does: it ends the process, until a running server sets what has to be finished first. */
let onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => process.exit(128 + constants.signals[signal]);

/** Runs the command, on this Node if it is new enough, else on the Node that is installed as a dependency. */
function main(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
    // In a container this is process 1, which a signal does not end unless it is listened for.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onSignal(signal));
    // Imported after the check of the version, since it loads native modules.
    import('./compose/run.js').then(
      ({ run }) =>
        run(process.argv.slice(2), (listener) => {
          onSignal = listener;
        }),
      (error: unknown) => fail(error),
    );
    return;
  }
  const vendored = vendoredNode();
  if (vendored === undefined) {
    fail(
      `Node ${process.versions.node} is too old: latchkey needs ${OLDEST.join('.')} or later; install it, or run npm ci`,
    );
    return;
  }
  const child = spawn(vendored, process.argv.slice(1), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 0 : 1)));
}

/** The Node of the optional dependency for this machine; undefined when it is not installed. */
function vendoredNode(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

function fail(error: unknown): void {
  process.stderr.write(`latchkey: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

main();
