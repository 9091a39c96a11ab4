import type { ReactNode } from 'react';
import { Refused } from './refused.js';
import { useMay } from './session-context.js';

/** Shows a page to who may call the operation that it stands on, and to anybody else that they may not. */
export function Allowed({ operation, children }: { readonly operation: string; readonly children: ReactNode }) {
  return useMay(operation) ? children : <Refused />;
}
