import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { IconButton } from '../../ui/button.js';
import { TextField, type TextFieldProps } from '../../ui/field.js';
import { CloseIcon } from '../../ui/icons.js';
import { words } from '../../words/words.js';
import './filter-field.css';

export interface FilterFieldProps
  extends Pick<TextFieldProps, 'label' | 'placeholder' | 'icon' | 'after' | 'list' | 'fault'> {
  readonly value: string;
  /** What was typed, once nothing more was for a moment. */
  readonly onFilter: (text: string) => void;
  /** Enter was pressed behind this text, which `onFilter` was called with before. */
  readonly onEnter?: (text: string) => void;
  readonly maxLength?: number;
  readonly labelUnseen?: boolean;
}

/** How long somebody has typed nothing more before the server is asked. */
const TYPING_MS = 90;

/** A text by which a list is filtered, of which the address has a copy. Escape empties it. */
export function FilterField({
  value,
  onFilter,
  onEnter,
  after,
  maxLength = 191,
  labelUnseen = true,
  ...rest
}: FilterFieldProps) {
  const [typed, setTyped] = useState(value);
  const present = useRef(onFilter);
  present.current = onFilter;
  const sent = useRef(value);
  // An address that came from elsewhere, such as the way back, shows in the field.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  const send = (text: string) => {
    sent.current = text;
    present.current(text);
  };
  const sending = useRef(send);
  sending.current = send;
  useEffect(() => {
    const text = typed.trim();
    if (text === sent.current) return undefined;
    const timer = setTimeout(() => sending.current(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') {
      if (typed === '') event.currentTarget.blur();
      setTyped('');
    } else if (event.key === 'Enter' && onEnter !== undefined) {
      event.preventDefault();
      const text = typed.trim();
      if (text !== sent.current) send(text);
      onEnter(text);
    }
  };
  return (
    <TextField
      {...rest}
      className="filters-text"
      labelUnseen={labelUnseen}
      type="search"
      autoComplete="off"
      spellCheck={false}
      maxLength={maxLength}
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
      onKeyDown={onKeyDown}
      after={
        typed === '' ? (
          after
        ) : (
          <IconButton label={words.states.clear} icon={<CloseIcon aria-hidden />} onClick={() => setTyped('')} />
        )
      }
    />
  );
}
