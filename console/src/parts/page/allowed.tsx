import type { ReactNode } from 'react';
import { RefusedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { useMay } from './session-context.js';

/** Shows a page to who may call the operation that it stands on, and to anybody else that they may not. */
export function Allowed({ operation, children }: { readonly operation: string; readonly children: ReactNode }) {
  if (useMay(operation)) return children;
  return (
    <Notice icon={<RefusedIcon />} title={words.states.refused}>
      <p>{words.states.refusedWhat}</p>
    </Notice>
  );
}
