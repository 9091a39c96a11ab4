import { useRouter } from '@tanstack/react-router';
import { useMayMakeFlags } from '../../../parts/page/session-context.js';
import { useAllShortcuts } from '../../../parts/page/shortcuts.js';
import { AddIcon, EnterIcon, KeysIcon, SignOutIcon, SystemIcon } from '../../../ui/icons.js';
import { chooseTheme, THEMES } from '../../../ui/theme.js';
import { words } from '../../../words/palette-words.js';
import type { Entry } from './entry.js';

/** A page that the palette leads to. */
export interface PlaceToGo {
  readonly path: string;
  readonly name: string;
  readonly icon: Entry['icon'];
  /** As `Shortcut` has them. */
  readonly keys: string;
  readonly go: () => void;
}

export interface CommandsOptions {
  readonly pages: readonly PlaceToGo[];
  readonly onShortcuts: () => void;
  readonly onSignOut: () => void;
}

/** The pages and commands that there are always, and what the page itself has keys for. */
export function useCommands({ pages, onShortcuts, onSignOut }: CommandsOptions): readonly Entry[] {
  const router = useRouter();
  const mayMake = useMayMakeFlags();
  const own = useAllShortcuts().filter(({ command }) => command === true);
  const command = (id: string, entry: Omit<Entry, 'id' | 'kind'>): Entry => ({ id, kind: 'do', ...entry });
  return [
    ...pages.map(
      ({ path, name, icon, keys, go }): Entry => ({
        id: `page ${path}`,
        kind: 'go',
        ...{ icon, keys },
        text: words.palette.go(name),
        run: go,
      }),
    ),
    ...own.map(({ keys, what, run }) => command(`own ${keys}`, { icon: EnterIcon, keys, text: what, run })),
    ...(mayMake
      ? [
          command('new-flag', {
            ...{ icon: AddIcon, keys: 'c', text: words.shortcuts.newFlag },
            run: () => void router.navigate({ to: '/flags/new' }),
          }),
        ]
      : []),
    ...THEMES.map((theme) =>
      command(`theme ${theme}`, {
        ...{ icon: SystemIcon, text: words.palette.theme(words.frame.themes[theme]) },
        run: () => chooseTheme(theme),
      }),
    ),
    command('shortcuts', { icon: KeysIcon, keys: '?', text: words.frame.shortcuts, run: onShortcuts }),
    command('sign-out', { icon: SignOutIcon, text: words.frame.signOut, run: onSignOut }),
  ];
}
