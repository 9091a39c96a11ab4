import type { ReactNode } from 'react';
import type { FlagIcon } from '../../../ui/icons.js';
import type { paletteWords } from '../../../words/palette-words.js';

/** A line of the palette. */
export interface Entry {
  readonly id: string;
  readonly kind: keyof typeof paletteWords.kinds;
  readonly icon: typeof FlagIcon;
  readonly text: string;
  /** Beside the text: a key, a state. */
  readonly more?: ReactNode;
  /** The keys that do the same without the palette, as `Shortcut` has them. */
  readonly keys?: string | undefined;
  /** What it comes to; undefined where it does `types`. */
  readonly run?: () => void;
  /** What it puts into the field, to go on from there. */
  readonly types?: string;
}

export interface FoundFlag {
  readonly key: string;
  readonly name: string;
}

/** A flag as a line that leads to it has it: by its name, with its key behind it. */
export function flagText({ key, name }: FoundFlag): string {
  return name === key ? key : `${name}  ${key}`;
}
