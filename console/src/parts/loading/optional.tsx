import { Component, type ReactNode, Suspense } from 'react';
import { Coming } from '../../ui/page-states.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/words.js';

interface OptionalProps {
  readonly children: ReactNode;
  readonly onFailed?: () => void;
}

/**
 * What the page can do without: where its files cannot be had, since the server is away or was updated, the rest of the page stays. It is
 * tried again where `key` changes: whoever opens something in it closes that by `onFailed`, so that it can be opened again.
 */
export class Optional extends Component<OptionalProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(): void {
    tell({ kind: 'failed', title: words.frame.notLoaded, what: words.frame.notLoadedWhat });
    this.props.onFailed?.();
  }

  override render(): ReactNode {
    return this.state.failed ? null : <Suspense fallback={<Coming />}>{this.props.children}</Suspense>;
  }
}
