import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from 'react';
import { KeyCaps } from '../../../parts/page/key-caps.js';
import { useLetters } from '../../../parts/page/shortcuts.js';
import { Dialog } from '../../../ui/dialog.js';
import { EnterIcon, FindIcon } from '../../../ui/icons.js';
import { words } from '../../../words/palette-words.js';
import type { Entry } from './entry.js';
import type { TypedAhead } from './typed-ahead.js';
import { type EntriesOptions, useEntries } from './use-entries.js';
import './palette.css';

export interface PaletteProps extends EntriesOptions {
  /** What was typed since it was asked for. */
  readonly takeTyped: () => TypedAhead;
  readonly onClose: () => void;
}

/**
 * Finds what the server knows by a few letters, and the pages and commands of the console, and goes there; and does to a flag what is typed
 * before it, such as `off dashboard`. Nothing is saved by it: what changes something opens the dialog or the draft that asks.
 */
export default function Palette({ takeTyped, onClose, ...options }: PaletteProps) {
  const [q, setQ] = useState('');
  const [chosen, setChosen] = useState(0);
  const asked = useDeferredValue(q.trim());
  const { entries, there } = useEntries(asked, options);
  const present = Math.min(chosen, entries.length - 1);
  // Enter behind a text of which the answer is not there yet; what is typed or chosen further takes it back.
  const entered = useRef<string>(undefined);
  useEffect(() => {
    if (!there || entered.current !== asked) return;
    entered.current = undefined;
    choose(entries[present]);
  });
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);

  const type = (text: string) => {
    entered.current = undefined;
    setQ(text);
    setChosen(0);
  };
  const choose = (entry: Entry | undefined) => {
    if (entry?.types !== undefined) type(entry.types);
    else if (entry !== undefined) {
      onClose();
      entry.run?.();
    }
  };
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
    else if (event.key === 'Enter' && (chosen > 0 || (there && asked === q.trim()))) choose(entries[present]);
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
          onChange={({ target }) => type(target.value)}
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
            onChoose={() => choose(entry)}
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
  readonly onChoose: () => void;
}

function EntryLine({ entry: { icon: Icon, text, more, kind, keys }, id, at, first, chosen, onChoose }: EntryLineProps) {
  const letters = useLetters();
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
        onClick={onChoose}
      >
        <Icon aria-hidden />
        <span className="palette-text">{text}</span>
        {more}
        {keys !== undefined && (letters || keys.startsWith('Mod+')) && (
          <span className="palette-caps" aria-hidden>
            <KeyCaps keys={keys} />
          </span>
        )}
        <EnterIcon aria-hidden className="palette-enter" />
      </div>
    </>
  );
}
