import { Link, useLocation } from '@tanstack/react-router';
import { usePresentInSight } from './present-in-sight.js';
import './page-tabs.css';

export interface PageTab {
  readonly name: string;
  readonly label: string;
}

/** The parts of a page, each with an address of its own: links, so that they open in other tabs of the browser, too. */
export function PageTabs({ label, tabs, present, alone = false }: PageTabsProps) {
  const row = usePresentInSight(useLocation({ select: ({ href }) => href }));
  return (
    <nav ref={row} className="page-tabs" aria-label={label}>
      {tabs.map(({ name, label: text }) => (
        <Link
          key={name}
          to="."
          search={alone ? aloneOf(name) : searchOf(name, name === tabs[0]?.name)}
          // An address may name the first one, or one that may not be read: what is marked is what is shown.
          aria-current={name === present ? 'page' : undefined}
          replace
          className="page-tab"
          activeOptions={{ exact: true }}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}

interface PageTabsProps {
  /** What they are parts of. */
  readonly label: string;
  /** The first is where the address says nothing. */
  readonly tabs: readonly PageTab[];
  /** Which one is shown. */
  readonly present: string;
  /** Whether parts have filters of their own: then none takes those of another along. */
  readonly alone?: boolean;
}

function aloneOf(tab: string): never {
  return { tab } as never;
}

/** The address of a part, with all else as it is. Which parameters a page has the router knows, not this. */
function searchOf(name: string, first: boolean): never {
  const search = ({ tab, ...before }: Record<string, unknown>) => (first ? before : { ...before, tab: name });
  return search as never;
}
