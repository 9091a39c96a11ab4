/** What has not come by then may never come: letters are for the page again. */
const AT_MOST_MS = 3_000;

/**
 * Keeps the letters that are typed from now on from what has the focus, for a field that is about to have it: who types at once after the
 * key that opens a dialog means the dialog. Gives what was typed once the field is there, and then keeps nothing any more.
 */
export function typedAhead(): { take(): string } {
  let text = '';
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === 'Backspace') text = [...text].slice(0, -1).join('');
    else if ([...event.key].length === 1) text += event.key;
    // Whatever else is pressed, such as Escape or Tab, is for whoever has the focus.
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const stop = () => removeEventListener('keydown', onKeyDown, { capture: true });
  addEventListener('keydown', onKeyDown, { capture: true });
  const timer = setTimeout(stop, AT_MOST_MS);
  return {
    take() {
      stop();
      clearTimeout(timer);
      const taken = text;
      text = '';
      return taken;
    },
  };
}
