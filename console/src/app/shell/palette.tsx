import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { call } from '../../api/api.js';
import { FlagStateMark } from '../../parts/flag-state.js';
import { useMay, useMayMakeFlags, useSession } from '../../parts/page/session-context.js';
import { Dialog } from '../../ui/dialog.js';
import {
  HealthIcon as ActionIcon,
  AddIcon,
  EnterIcon,
  FindIcon,
  FlagIcon,
  KeysIcon,
  OnboardingIcon,
  OrganizationIcon,
  PersonIcon,
  SegmentIcon,
  SignOutIcon,
  SystemIcon,
} from '../../ui/icons.js';
import { chooseTheme, THEMES } from '../../ui/theme.js';
import { words } from '../../words/words.js';
import { PAGES } from './navigation.js';
import type { TypedAhead } from './typed-ahead.js';
import './palette.css';

export interface PaletteProps {
  /** What was typed since it was asked for. */
  readonly takeTyped: () => TypedAhead;
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
  readonly onSignOut: () => void;
}

interface Entry {
  readonly id: string;
  readonly kind: keyof typeof words.palette.kinds;
  readonly icon: typeof FlagIcon;
  readonly text: string;
  /** Beside the text: a key, a state. */
  readonly more?: React.ReactNode;
  readonly run: () => void;
}

/** Finds what the server knows by a few letters, and the pages and commands of the console, and goes there. */
export default function Palette({ takeTyped, onClose, onShortcuts, onSignOut }: PaletteProps) {
  const [q, setQ] = useState('');
  const [chosen, setChosen] = useState(0);
  const asked = useDeferredValue(q.trim());
  const { entries, there } = useEntries(asked, { onClose, onShortcuts, onSignOut });
  const present = Math.min(chosen, entries.length - 1);
  // Enter behind a text of which the answer is not there yet; what is typed or chosen further takes it back.
  const entered = useRef<string>(undefined);
  useEffect(() => {
    if (!there || entered.current !== asked) return;
    entered.current = undefined;
    entries[present]?.run();
  });
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);

  const move = (to: number) => {
    const next = (to + entries.length) % entries.length;
    entered.current = undefined;
    setChosen(next);
    list.current?.querySelector(`[data-at="${next}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  /** What was typed before the field was there is in it, as if it had been. */
  const takeAhead = () => {
    const ahead = takeTyped();
    if (ahead.text === '' && ahead.down === 0) return;
    const text = `${q}${ahead.text}`;
    setQ(text);
    setChosen(ahead.down);
    entered.current = ahead.entered ? text.trim() : undefined;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || (entries.length === 0 && event.key !== 'Enter')) return;
    if (event.key === 'ArrowDown') move(present + 1);
    else if (event.key === 'ArrowUp') move(present - 1);
    else if (event.key === 'Enter' && (chosen > 0 || (there && asked === q.trim()))) entries[present]?.run();
    else if (event.key === 'Enter') entered.current = q.trim();
    else return;
    event.preventDefault();
  };

  return (
    <Dialog open wide onClose={onClose} title={words.palette.title} initialFocus={input}>
      <div className="palette-box">
        <FindIcon aria-hidden />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={words.palette.title}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={entries.length === 0 ? undefined : `${id}-${present}`}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder={words.palette.placeholder}
          value={q}
          maxLength={255}
          onFocus={takeAhead}
          onChange={({ target }) => {
            entered.current = undefined;
            setQ(target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={words.palette.results} className="palette-list">
        {entries.map((entry, i) => (
          <EntryLine
            key={entry.id}
            entry={entry}
            id={`${id}-${i}`}
            at={i}
            first={entries[i - 1]?.kind !== entry.kind}
            chosen={i === present}
          />
        ))}
        {entries.length === 0 && <p className="palette-none">{words.palette.nothing(q.trim())}</p>}
      </div>
      <p className="unseen" role="status">
        {q === '' ? '' : words.palette.found(entries.length)}
      </p>
      <p className="palette-keys" aria-hidden>
        <kbd>↑</kbd> <kbd>↓</kbd> {words.palette.keys}
      </p>
    </Dialog>
  );
}

interface EntryLineProps {
  readonly entry: Entry;
  readonly id: string;
  readonly at: number;
  /** Whether its kind begins here. */
  readonly first: boolean;
  readonly chosen: boolean;
}

function EntryLine({ entry: { icon: Icon, text, more, kind, run }, id, at, first, chosen }: EntryLineProps) {
  return (
    <>
      {first && (
        <div className="palette-kind" role="presentation">
          {words.palette.kinds[kind]}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus, and its keys choose */}
      <div
        id={id}
        role="option"
        aria-selected={chosen}
        tabIndex={-1}
        data-at={at}
        className="palette-entry"
        onClick={run}
      >
        <Icon aria-hidden />
        <span className="palette-text">{text}</span>
        {more}
        <EnterIcon aria-hidden className="palette-enter" />
      </div>
    </>
  );
}

interface Entries {
  readonly entries: readonly Entry[];
  /** Whether they are those of the text, and not of the one before. */
  readonly there: boolean;
}

function useEntries(q: string, { onClose, onShortcuts, onSignOut }: Omit<PaletteProps, 'takeTyped'>): Entries {
  const router = useRouter();
  const { operations } = useSession();
  const maySearch = useMay('Search');
  const mayMake = useMayMakeFlags();
  const {
    data: found,
    isPlaceholderData,
    isLoading,
  } = useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => call('GET /api/admin/search', { query: { q }, signal }),
    enabled: maySearch && q !== '',
    placeholderData: keepPreviousData,
  });
  const then = (run: () => void) => () => {
    onClose();
    run();
  };
  // Until the answer is there, of the one before what fits still: Enter must lead to nothing that is not asked for.
  const fits = ({ key, name }: { readonly key: string; readonly name: string }) =>
    !isPlaceholderData || `${key} ${name}`.toLowerCase().includes(q.toLowerCase());
  const flags: Entry[] = (q === '' ? [] : (found?.flags ?? [])).filter(fits).map(({ key, name, state }) => ({
    id: `flag ${key}`,
    kind: 'flags',
    icon: FlagIcon,
    text: name === key ? key : `${name}  ${key}`,
    more: <FlagStateMark state={state} />,
    run: then(() => void router.navigate({ to: '/flags/$key', params: { key } })),
  }));
  const segments: Entry[] = (q === '' ? [] : (found?.segments ?? [])).filter(fits).map(({ key, name }) => ({
    id: `segment ${key}`,
    kind: 'segments',
    icon: SegmentIcon,
    text: name === key || name === '' ? key : `${name}  ${key}`,
    run: then(() => void router.navigate({ to: '/segments/$key', params: { key }, search: {} })),
  }));
  const organizations: Entry[] = (q === '' ? [] : (found?.organizations ?? []))
    .filter(({ id }) => fits({ key: id, name: '' }))
    .map(({ id }) => ({
      id: `organization ${id}`,
      kind: 'organizations',
      icon: OrganizationIcon,
      text: id,
      run: then(() => void router.navigate({ to: '/organizations/$id', params: { id }, search: {} })),
    }));
  const stages: Entry[] = (q === '' ? [] : (found?.stages ?? []))
    .filter((stage) => fits({ key: stage, name: '' }))
    .map((stage) => ({
      id: `stage ${stage}`,
      kind: 'stages',
      icon: OnboardingIcon,
      text: stage,
      run: then(() => void router.navigate({ to: '/onboarding/$stage', params: { stage }, search: {} })),
    }));
  const actions: Entry[] = (q === '' ? [] : (found?.actions ?? []))
    .filter((action) => fits({ key: action, name: '' }))
    .map((action) => ({
      id: `action ${action}`,
      kind: 'actions',
      icon: ActionIcon,
      text: action,
      run: then(() => void router.navigate({ to: '/actions', search: { action } })),
    }));
  const people: Entry[] = (q === '' || isPlaceholderData ? [] : (found?.users ?? [])).map(
    ({ user_id, attributes }) => ({
      id: `person ${user_id}`,
      kind: 'people',
      icon: PersonIcon,
      text: [user_id, ...attributes.map(({ value }) => value)].join('  '),
      run: then(() => void router.navigate({ to: '/people/$id', params: { id: user_id }, search: {} })),
    }),
  );
  const pages: Entry[] = PAGES.filter(({ operation }) => operations.includes(operation)).map((page) => ({
    id: `page ${page.path}`,
    kind: 'pages',
    icon: page.icon,
    text: words.palette.go(page.words.name),
    run: then(() => void router.navigate({ to: page.path, search: {} })),
  }));
  const commands: Entry[] = [
    ...(mayMake
      ? [
          {
            id: 'new-flag',
            kind: 'commands' as const,
            icon: AddIcon,
            text: words.shortcuts.newFlag,
            run: then(() => void router.navigate({ to: '/flags/new' })),
          },
        ]
      : []),
    ...THEMES.map((theme): Entry => {
      const text = words.palette.theme(words.frame.themes[theme]);
      return { id: `theme ${theme}`, kind: 'commands', icon: SystemIcon, text, run: then(() => chooseTheme(theme)) };
    }),
    { id: 'shortcuts', kind: 'commands', icon: KeysIcon, text: words.frame.shortcuts, run: onShortcuts },
    { id: 'sign-out', kind: 'commands', icon: SignOutIcon, text: words.frame.signOut, run: then(onSignOut) },
  ];
  const wanted = q.toLowerCase().split(/\s+/);
  return {
    entries: [
      ...flags,
      ...segments,
      ...people,
      ...organizations,
      ...stages,
      ...actions,
      ...[...pages, ...commands].filter(({ text }) => wanted.every((word) => text.toLowerCase().includes(word))),
    ],
    there: q === '' || !maySearch || !(isPlaceholderData || isLoading),
  };
}
