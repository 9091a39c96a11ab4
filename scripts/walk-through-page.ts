import { readFileSync, writeFileSync } from 'node:fs';
import { stepsOf, withOutputs } from '../test/docs/console-page.js';
import { ConsoleSession } from '../test/docs/console-session.js';
import { shown } from '../test/docs/shown-output.js';

const page = new URL('../docs/walk-through.md', import.meta.url);
const markdown = readFileSync(page, 'utf8');
const session = new ConsoleSession();
const outputs: string[] = [];
try {
  for (const { command } of stepsOf(markdown)) outputs.push(shown(await session.run(command)));
} finally {
  await session.close();
}
writeFileSync(page, withOutputs(markdown, outputs));
