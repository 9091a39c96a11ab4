/** A notice that comes and goes by itself: something was done, or could not be. */
export interface Toast {
  readonly title: string;
  readonly what?: string;
  readonly kind: 'done' | 'failed';
}

/** Those that were told of before the region that shows them was loaded. */
const waiting: Toast[] = [];
let show: ((toast: Toast) => void) | undefined;

/** Tells of something, wherever the page is by then. */
export function tell(toast: Toast): void {
  if (show === undefined) waiting.push(toast);
  else show(toast);
}

/** Has toasts shown by this function, until the one that it gives is called. */
export function showToastsBy(shower: (toast: Toast) => void): () => void {
  show = shower;
  for (const toast of waiting.splice(0)) shower(toast);
  return () => {
    if (show === shower) show = undefined;
  };
}
