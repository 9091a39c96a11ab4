import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { addItems, MOST_ITEMS } from '../../draft/new-flag.js';
import { Button, IconButton } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { CloseIcon } from '../../ui/icons.js';
import { words } from '../../words/new-flag-words.js';

export interface ItemsFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly items: readonly string[];
  readonly maxLength: number;
  /** What is offered while one types. */
  readonly offered: readonly string[];
  /** What stands beside an item. */
  readonly remarkOf: (item: string) => ReactNode;
  readonly fault: string | undefined;
  /** What stands in the field, and is not added yet. */
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
  readonly onItems: (items: readonly string[]) => void;
}

/** Some names, typed one by one or pasted by the line, each to be taken away again. */
export function ItemsField(props: ItemsFieldProps) {
  const { label, hint, items, maxLength, offered, remarkOf, fault, typed, onTyped, onItems } = props;
  const [left, setLeft] = useState({ tooLong: 0, tooMany: 0 });
  const list = useId();
  const add = (texts: readonly string[]) => {
    const { items: added, ...leftOut } = addItems(items, texts, maxLength);
    onItems(added);
    setLeft(leftOut);
    onTyped('');
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing || typed.trim() === '') return;
    event.preventDefault();
    add([typed]);
  };
  const onPaste = (event: ClipboardEvent<HTMLInputElement>) => {
    const lines = event.clipboardData.getData('text/plain').split(/[\n\t]+/);
    if (lines.length < 2) return;
    event.preventDefault();
    add([typed, ...lines]);
  };
  return (
    <div className="items">
      <div className="items-line">
        <TextField
          label={label}
          hint={hint}
          fault={items.length === 0 ? fault : undefined}
          value={typed}
          maxLength={maxLength}
          list={list}
          autoComplete="off"
          spellCheck={false}
          disabled={items.length >= MOST_ITEMS}
          onChange={({ target }) => onTyped(target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <Button disabled={typed.trim() === ''} onClick={() => add([typed])}>
          {words.newFlag.add}
        </Button>
      </div>
      <datalist id={list}>
        {offered
          .filter((each) => !items.includes(each))
          .map((each) => (
            <option key={each} value={each} />
          ))}
      </datalist>
      {items.length > 0 && (
        <ul className="items-list" aria-label={label}>
          {items.map((item) => (
            <li key={item}>
              <bdi>{item}</bdi>
              {remarkOf(item)}
              <IconButton
                label={words.newFlag.remove(item)}
                icon={<CloseIcon aria-hidden />}
                onClick={() => onItems(items.filter((each) => each !== item))}
              />
            </li>
          ))}
        </ul>
      )}
      {items.length >= MOST_ITEMS && <p className="field-hint">{words.newFlag.mostItems(MOST_ITEMS)}</p>}
      {left.tooLong + left.tooMany > 0 && (
        <div className="field-fault" role="alert">
          {left.tooLong > 0 && <p>{words.newFlag.tooLong(left.tooLong, maxLength)}</p>}
          {left.tooMany > 0 && <p>{words.newFlag.tooMany(left.tooMany)}</p>}
        </div>
      )}
    </div>
  );
}
