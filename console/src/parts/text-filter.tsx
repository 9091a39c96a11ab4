import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../ui/button.js';
import { TextField } from '../ui/field.js';
import { CloseIcon, FindIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import { useShortcuts } from './shortcuts.js';
import './text-filter.css';

export interface TextFilterProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (q: string) => void;
  readonly maxLength?: number;
}

/** How long somebody has typed nothing more before the server is asked. */
const TYPING_MS = 150;

/** What a list is filtered by, kept in the address; `/` goes to it. */
export function TextFilter({ label, placeholder, value, onChange, maxLength = 128 }: TextFilterProps) {
  const [typed, setTyped] = useState(value);
  const box = useRef<HTMLDivElement>(null);
  const sent = useRef(value);
  const change = useRef(onChange);
  change.current = onChange;
  useShortcuts([
    { keys: '/', what: words.shortcuts.filter, here: true, run: () => box.current?.querySelector('input')?.select() },
  ]);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = typed;
      change.current(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div ref={box} className="text-filter">
      <TextField
        label={label}
        labelUnseen
        type="search"
        placeholder={placeholder}
        icon={<FindIcon aria-hidden />}
        autoComplete="off"
        spellCheck={false}
        maxLength={maxLength}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          if (typed === '') event.currentTarget.blur();
          setTyped('');
        }}
        after={
          typed === '' ? (
            <kbd aria-hidden>/</kbd>
          ) : (
            <IconButton label={words.states.clear} icon={<CloseIcon aria-hidden />} onClick={() => setTyped('')} />
          )
        }
      />
    </div>
  );
}
