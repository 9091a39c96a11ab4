/** Writes anew what the commands of a page print: `npm run docs:console -- docs/walk-through.md`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { stepsOf, withOutputs } from '../test/docs/console-page.js';
import { ConsoleSession } from '../test/docs/console-session.js';
import { shown } from '../test/docs/shown-output.js';

for (const page of process.argv.slice(2)) {
  const markdown = readFileSync(page, 'utf8');
  const session = new ConsoleSession();
  const outputs: string[] = [];
  try {
    for (const { command } of stepsOf(markdown)) outputs.push(shown(await session.run(command)));
  } finally {
    await session.close();
  }
  writeFileSync(page, withOutputs(markdown, outputs));
}
