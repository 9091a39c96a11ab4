/** What has not come by then may never come: keys are for the page again. */
const AT_MOST_MS = 3_000;

/** What was typed for a field that was not there yet. */
export interface TypedAhead {
  readonly text: string;
  /** How many lines down in what the text finds. */
  readonly down: number;
  /** Whether Enter came last: what the text finds is to be opened. */
  readonly entered: boolean;
}

export const NOTHING_TYPED: TypedAhead = { text: '', down: 0, entered: false };

/** What is typed together with one more key; undefined for a key that is for whoever has the focus. */
function withKey(typed: TypedAhead, key: string): TypedAhead | undefined {
  const { text, down } = typed;
  switch (key) {
    case 'Backspace':
      return { ...NOTHING_TYPED, text: [...text].slice(0, -1).join('') };
    case 'ArrowDown':
      return { text, down: down + 1, entered: false };
    case 'ArrowUp':
      return { text, down: Math.max(0, down - 1), entered: false };
    case 'Enter':
      return { ...typed, entered: true };
    // In the field they would go from letter to letter, and take away the next one; on the page they may remove what has the focus.
    case 'ArrowLeft':
    case 'ArrowRight':
    case 'Delete':
      return typed;
    default:
      return [...key].length === 1 ? { ...NOTHING_TYPED, text: text + key } : undefined;
  }
}

/**
 * Keeps the keys that are typed from now on from what has the focus, for a field that is about to have it: who types at once after the
 * key that opens a dialog means the dialog. Gives what was typed once the field is there, and then keeps nothing any more. Escape, Tab or a
 * press elsewhere does without the dialog.
 */
export function typedAhead(onLeave: () => void): { take(): TypedAhead } {
  let typed = NOTHING_TYPED;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const leaves = event.key === 'Escape' || event.key === 'Tab';
    const next = leaves ? NOTHING_TYPED : withKey(typed, event.key);
    if (next === undefined) return;
    typed = next;
    if (leaves) onLeave();
    if (event.key === 'Tab') return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const onPress = ({ target }: PointerEvent): void => {
    if (target instanceof Element && target.closest('.dialog, .veil') === null) onLeave();
  };
  const stop = () => {
    removeEventListener('keydown', onKeyDown, { capture: true });
    removeEventListener('pointerdown', onPress, { capture: true });
  };
  addEventListener('keydown', onKeyDown, { capture: true });
  addEventListener('pointerdown', onPress, { capture: true });
  const timer = setTimeout(stop, AT_MOST_MS);
  return {
    take() {
      stop();
      clearTimeout(timer);
      const taken = typed;
      typed = NOTHING_TYPED;
      return taken;
    },
  };
}
