/** A fenced block of a page: what is typed, and what follows it. */
export interface ConsoleStep {
  /** As typed, without the prompt; of several lines where it goes on. */
  readonly command: string;
  readonly output: string;
}

const BLOCK = /^```console\n([\s\S]*?)^```$/gm;

/** Every command of a page's `console` blocks, in order. */
export function stepsOf(markdown: string): readonly ConsoleStep[] {
  return [...markdown.matchAll(BLOCK)].flatMap(([, block]) => stepsIn(block!));
}

/** The page with these outputs in place of its own, one for each command. */
export function withOutputs(markdown: string, outputs: readonly string[]): string {
  const left = [...outputs];
  return markdown.replace(BLOCK, (_, block: string) => {
    const steps = stepsIn(block).map(({ command }) => `$ ${command}\n${left.shift() ?? ''}`);
    return `\`\`\`console\n${steps.map((step) => (step.endsWith('\n') ? step : `${step}\n`)).join('')}\`\`\``;
  });
}

/** A command goes on where its line ends in a backslash, or within single quotes. */
function stepsIn(block: string): readonly ConsoleStep[] {
  const steps: { command: string; output: string }[] = [];
  let open = false;
  for (const line of block.split('\n').slice(0, -1)) {
    const last = steps.at(-1);
    if (open) last!.command += `\n${line}`;
    else if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
    else if (last === undefined) throw new Error(`a console block begins with a command, not with: ${line}`);
    else last.output += `${line}\n`;
    if (open || line.startsWith('$ ')) open = goesOn(steps.at(-1)!.command);
  }
  return steps;
}

function goesOn(command: string): boolean {
  return /[\\|]$/.test(command) || command.replaceAll(/"[^"']*"/g, '').split("'").length % 2 === 0;
}
