import { useQueryClient } from '@tanstack/react-query';
import { useMatches } from '@tanstack/react-router';
import { askedOf } from './asked-of.js';
import type { Entry } from './entry.js';
import { useFoundEntries } from './found-entries.js';
import { type CommandsOptions, useCommands } from './use-commands.js';
import { BETWEEN, PHRASES, type Present, useFlagActions } from './use-flag-actions.js';
import { useFound } from './use-found.js';

export interface EntriesOptions extends CommandsOptions {
  /** Asks before a flag is switched. */
  readonly onSwitch: (flag: string, on: boolean) => void;
}

export interface Entries {
  readonly entries: readonly Entry[];
  /** Whether they are those of the text, and not of the one before. */
  readonly there: boolean;
}

/**
 * What a text leads to: first what is called so, then what it asks to be done, then what has it in its description, then pages and commands.
 * Without a text all that can be done to what the page is about, and where one can go.
 */
export function useEntries(q: string, { onSwitch, ...options }: EntriesOptions): Entries {
  const asked = askedOf(q, PHRASES, BETWEEN);
  const [first, second] = asked?.parts ?? ['', ''];
  const named = useFound(q);
  const found = { whole: useFound(asked?.whole ?? ''), first: useFound(first), second: useFound(second) };
  const present = usePresent();
  const { askedFor, begun, ofPresent } = useFlagActions({ asked, found, present, onSwitch });
  const commands = useCommands(options);
  const things = useFoundEntries(named);
  const objects = useFoundEntries(found.whole);
  const text = q.toLowerCase();
  const wanted = text.split(/\s+/);
  const fits = (said: string) => wanted.every((word) => said.toLowerCase().includes(word));
  const isNamed = (entry: Entry) => entry.text.toLowerCase().includes(text);
  const all =
    q === ''
      ? [...ofPresent, ...commands, ...(ofPresent.length > 0 ? [] : begun.map(({ entry }) => entry))]
      : [
          ...things.filter(isNamed),
          ...askedFor,
          ...things.filter((entry) => !isNamed(entry)),
          // What is asked for cannot be done to them: they are shown as they are.
          ...(askedFor.length > 0 ? [] : objects),
          ...commands.filter((entry) => fits(entry.text)),
          ...begun.filter(({ found: said }) => fits(said)).map(({ entry }) => entry),
        ];
  return { entries: grouped(all), there: [named, ...Object.values(found)].every(({ there }) => there) };
}

/** By kind, in the order in which the first of each comes; each line once. */
function grouped(entries: readonly Entry[]): readonly Entry[] {
  const once = new Map<string, Entry>();
  for (const entry of entries) if (!once.has(entry.id)) once.set(entry.id, entry);
  return [...Map.groupBy(once.values(), ({ kind }) => kind).values()].flat();
}

/** What the page is about that the palette was opened over. */
function usePresent(): Present {
  const queries = useQueryClient();
  const match = useMatches({ select: (matches) => matches.at(-1) });
  const { key, id } = (match?.params ?? {}) as { readonly key?: string; readonly id?: string };
  if (match?.fullPath === '/people/$id' && id !== undefined) return { person: id };
  if (match?.fullPath !== '/flags/$key' || key === undefined) return {};
  const flag = queries.getQueryData<{ readonly flag?: { readonly active?: boolean; readonly name: string } }>([
    'flag',
    key,
  ])?.flag;
  return { flag: { key, name: flag?.name ?? key, ...(flag === undefined ? {} : { isOff: flag.active !== true }) } };
}
