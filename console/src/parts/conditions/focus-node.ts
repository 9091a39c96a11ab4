/** For how long a node is awaited: its rule may have to open, and a dialog to close. */
const PATIENCE_MS = 2_000;

/** Brings a condition into sight and goes there, once it is in the page and no dialog is before it, which gives back the focus that it took. */
export function focusNode(node: string): void {
  const end = performance.now() + PATIENCE_MS;
  let there = 0;
  const look = () => {
    const row = document.querySelector<HTMLElement>(
      `[data-node="${CSS.escape(node)}"], [data-rule="${CSS.escape(node)}"] button`,
    );
    if (row !== null && document.querySelector('[role="dialog"], [role="alertdialog"]') === null) {
      if (document.activeElement === row) there += 1;
      else {
        row.scrollIntoView({ block: 'center' });
        row.focus({ preventScroll: true });
      }
    }
    // What had the focus before the dialog may take it once more.
    if (there < 5 && performance.now() < end) requestAnimationFrame(look);
  };
  look();
}
