import { useState } from 'react';
import { Button } from '../ui/button.js';
import { CheckIcon, CopyIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import './copy-key.css';

/** The key of a thing, to take along. */
export function CopyKey({ of }: { readonly of: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    // Without TLS browsers have no clipboard but on the machine itself; the text can be marked by hand there.
    const { clipboard } = navigator as { readonly clipboard?: Clipboard };
    clipboard?.writeText(of).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  const Icon = copied ? CheckIcon : CopyIcon;
  return (
    <Button kind="quiet" className="copy-key" title={words.states.copyKey} icon={<Icon aria-hidden />} onClick={copy}>
      <code>{of}</code>
    </Button>
  );
}
