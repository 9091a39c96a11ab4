/**
 * Where a run of the tests puts its temporary files: into memory where there is enough of it. The tests' databases then wait for no
 * disk; what a killed process leaves is there for the next one all the same, since the machine goes on.
 */
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const NEEDED_BYTES = 4 * 1024 ** 3;
const OURS = /^latchkey-tests-(\d+)-/;

/** Makes the folder and names it to this process and its children as TMPDIR; gives what removes it. Leaves all as it is without room in memory. */
export function makeScratchFolder() {
  if (!hasRoom()) return () => undefined;
  for (const name of readdirSync(MEMORY)) {
    const run = OURS.exec(name);
    if (run !== null && !isRunning(Number(run[1]))) rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(MEMORY, `latchkey-tests-${process.pid}-`));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false;
  }
}

/** Whether the process is there: a run that was killed has removed nothing. */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch ({ code }) {
    return code !== 'ESRCH';
  }
}
