import { Link } from '@tanstack/react-router';
import { useMayMakeFlags } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { FindIcon, FlagIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/flags-words.js';

/** The list of a server that has no flags yet. */
export function EmptyList() {
  return (
    <Notice
      icon={<FlagIcon />}
      title={words.flags.empty}
      actions={
        useMayMakeFlags() && (
          <Link to="/flags/new" className="button button-primary">
            {words.flags.make}
          </Link>
        )
      }
    >
      <p>{words.flags.emptyWhat}</p>
      <p>{words.flags.emptyDemo}</p>
    </Notice>
  );
}

export interface NoMatchProps {
  /** How many archived flags match. */
  readonly archived: number;
  readonly onClear: () => void;
  readonly onArchived: () => void;
}

/** The list where no flag fits what is asked for. */
export function NoMatch({ archived, onClear, onArchived }: NoMatchProps) {
  return (
    <Notice
      role="status"
      icon={<FindIcon />}
      title={words.flags.noMatch}
      actions={
        <>
          <Button onClick={onClear}>{words.flags.clear}</Button>
          {archived > 0 && <Button onClick={onArchived}>{words.flags.showArchived}</Button>}
        </>
      }
    >
      <p>{archived > 0 ? words.flags.noMatchArchived(archived) : words.flags.noMatchWhat}</p>
    </Notice>
  );
}
