import { Link, useLocation } from '@tanstack/react-router';
import { usePresentInSight } from './present-in-sight.js';
import './page-tabs.css';

export interface PageTab {
  readonly name: string;
  readonly label: string;
}

/** The parts of a page, each with an address of its own: links, so that they open in other tabs of the browser, too. */
export function PageTabs({ label, tabs, present }: PageTabsProps) {
  const row = usePresentInSight(useLocation({ select: ({ href }) => href }));
  return (
    <nav ref={row} className="page-tabs" aria-label={label}>
      {tabs.map(({ name, label: text }) => (
        <Link
          key={name}
          to="."
          search={present === undefined ? searchOf(name, name === tabs[0]?.name) : aloneOf(name)}
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
  /** Which one is shown, on a page whose parts have filters of their own: then none takes those of another along. */
  readonly present?: string;
}

function aloneOf(tab: string): never {
  return { tab } as never;
}

/** The address of a part, with all else as it is. Which parameters a page has the router knows, not this. */
function searchOf(name: string, first: boolean): never {
  const search = ({ tab, ...before }: Record<string, unknown>) => (first ? before : { ...before, tab: name });
  return search as never;
}
