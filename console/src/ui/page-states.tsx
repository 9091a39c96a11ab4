import { type ReactNode, useEffect, useState } from 'react';
import { words } from '../words/words.js';
import { Button } from './button.js';
import { CheckIcon, CopyIcon } from './icons.js';
import './page-states.css';

export interface NoticeProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** `alert` where something failed: it is read out at once. */
  readonly role?: 'alert' | 'status';
}

/** What a page shows in place of its content: that there is nothing yet, nothing that fits, or no way to get it. */
export function Notice({ icon, title, children, actions, role }: NoticeProps) {
  return (
    <div className="notice" role={role}>
      <span className="notice-icon" aria-hidden>
        {icon}
      </span>
      <h2>{title}</h2>
      {children !== undefined && <div className="notice-what">{children}</div>}
      {actions !== undefined && <div className="notice-actions">{actions}</div>}
    </div>
  );
}

/** Stands for what is on its way and of which nothing shows: the page says that it is not there as a whole yet. */
export function Coming() {
  return <span hidden aria-busy />;
}

/** Shows its content once it has waited for a moment, so that what is quick never flickers. */
export function Patiently({ children, afterMs = 150 }: { readonly children: ReactNode; readonly afterMs?: number }) {
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), afterMs);
    return () => clearTimeout(timer);
  }, [afterMs]);
  return waited ? children : <Coming />;
}

/** Grey bars where text will stand. */
export function Skeleton({ width }: { readonly width: string }) {
  return <span className="skeleton" aria-busy style={{ inlineSize: width }} />;
}

/** A text to take along: a command, an id. */
export function Snippet({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    // Without TLS browsers have no clipboard but on the machine itself; the text can be marked by hand there.
    const { clipboard } = navigator as { readonly clipboard?: Clipboard };
    clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  return (
    <div className="snippet">
      <section aria-label={label}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
        <pre tabIndex={0}>
          <code>{text}</code>
        </pre>
      </section>
      <Button kind="quiet" onClick={copy} icon={copied ? <CheckIcon aria-hidden /> : <CopyIcon aria-hidden />}>
        {copied ? words.states.copied : words.states.copy}
      </Button>
    </div>
  );
}
