import { CSPProvider } from '@base-ui/react/csp-provider';
import { type ReactNode, useEffect } from 'react';
import { keepFocus } from './keep-focus.js';
import './base.css';
import './fonts.css';

/**
 * What all components stand in. The server's policy lets no style stand in the page, so that the components' library must not put any
 * there; what it would have put is in overlays.css.
 */
export function UiRoot({ children }: { readonly children: ReactNode }) {
  useEffect(keepFocus, []);
  return <CSPProvider disableStyleElements>{children}</CSPProvider>;
}
