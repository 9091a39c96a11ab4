import { type ReactNode, useEffect, useRef } from 'react';
import { words } from '../../words/words.js';
import './page-head.css';

export interface PageHeadProps {
  readonly name: string;
  /** The question that the page answers. */
  readonly question?: string;
  /** What stands at the end of the line. */
  readonly children?: ReactNode;
}

/** The head of each page: its name, which takes the focus when one has come here by a link, and the question that it answers. */
export function PageHead({ name, question, children }: PageHeadProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = words.title(name);
    // The first page of a visit leaves the focus where browsers put it.
    if (visited) title.current?.focus({ preventScroll: true });
    visited = true;
  }, [name]);
  return (
    <header className="page-head">
      <div className="page-head-text">
        <h1 ref={title} tabIndex={-1}>
          {name}
        </h1>
        {question !== undefined && <p>{question}</p>}
      </div>
      {children}
    </header>
  );
}

let visited = false;
