export type Command =
  | { readonly name: 'serve'; readonly demo: boolean }
  | { readonly name: 'migrate' }
  | { readonly name: 'restored' }
  | { readonly name: 'help' };

export const USAGE = `latchkey: feature flags that unlock

  latchkey serve [--demo]   serve; --demo loads a set of example flags first
  latchkey migrate          bring the database's schema up to this release
  latchkey restored         after a restore from a backup: begin another epoch, so that consistency tokens and caches
                            of the one before are known for what they are

Settings come from the environment; docs/configuration.md lists them.`;

/** What the command line asks for, or what is wrong with it. */
export function parseArguments(
  words: readonly string[],
): Command | { readonly name: 'wrong'; readonly message: string } {
  const [name = 'serve', ...rest] = words;
  if (name === '--demo') return parseArguments(['serve', ...words]);
  if (name === 'help' || name === '--help' || name === '-h') return { name: 'help' };
  if (name === 'serve') {
    const unknown = rest.find((word) => word !== '--demo');
    return unknown === undefined ? { name, demo: rest.includes('--demo') } : wrong(`serve does not know ${unknown}`);
  }
  if (name === 'migrate' || name === 'restored') {
    return rest.length === 0 ? { name } : wrong(`${name} takes no arguments, and was given ${rest.join(' ')}`);
  }
  return wrong(`there is no command ${name}`);
}

function wrong(message: string) {
  return { name: 'wrong', message } as const;
}
