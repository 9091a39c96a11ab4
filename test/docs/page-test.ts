import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type ConsoleStep, stepsOf, withOutputs } from './console-page.js';
import { ConsoleSession } from './console-session.js';
import { lasting, shown } from './shown-output.js';

/** Types the commands of a page into a shell, and compares what they print with what the page shows. */
export function describePage(name: string): void {
  const markdown = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const steps = stepsOf(markdown);
  const session = new ConsoleSession();
  afterAll(() => session.close());

  describe(`docs/${name}`, () => {
    it('is what writing its outputs anew makes of it', () => {
      const outputs = steps.map(({ output }) => output);
      expect(withOutputs(markdown, outputs)).toBe(markdown);
    });

    it('shows what its commands print', async () => {
      const printed: ConsoleStep[] = [];
      for (const { command } of steps) printed.push({ command, output: lasting(shown(await session.run(command))) });
      expect(printed).toEqual(steps.map(({ command, output }) => ({ command, output: lasting(output) })));
      expect(steps.length).toBeGreaterThan(10);
    }, 240_000);
  });
}
