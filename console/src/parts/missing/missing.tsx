import type { ReactNode } from 'react';
import { UnknownIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { missingWords as text } from '../../words/missing-words.js';
import { isolated } from '../isolated.js';
import { type MissingKind, Near } from './near.js';

export interface MissingProps {
  readonly kind: MissingKind;
  readonly id: string;
  /** How it is made, for whoever may. */
  readonly make?: ReactNode;
}

/** Says which thing is not there, what is called like it, and how it is made. */
export function Missing({ kind, id, make }: MissingProps) {
  return (
    <Notice role="status" icon={<UnknownIcon />} title={text.titles[kind](isolated(id))} actions={make}>
      <p>{text.whats[kind]}</p>
      <Near kind={kind} id={id} />
    </Notice>
  );
}
