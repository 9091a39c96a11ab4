import { useRef } from 'react';
import { FindIcon } from '../../ui/icons.js';
import { words } from '../../words/words.js';
import { useShortcuts } from '../page/shortcuts.js';
import { FilterField } from './filter-field.js';

export interface TextFilterProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (q: string) => void;
  readonly maxLength?: number;
}

/** The one text that a page finds by: `/` goes to it. */
export function TextFilter({ value, onChange, maxLength = 128, ...named }: TextFilterProps) {
  const box = useRef<HTMLDivElement>(null);
  useShortcuts([
    { keys: '/', what: words.shortcuts.filter, here: true, run: () => box.current?.querySelector('input')?.select() },
  ]);
  return (
    <div ref={box} className="filters-find">
      <FilterField
        {...named}
        icon={<FindIcon aria-hidden />}
        after={<kbd aria-hidden>/</kbd>}
        maxLength={maxLength}
        value={value}
        onFilter={onChange}
      />
    </div>
  );
}
