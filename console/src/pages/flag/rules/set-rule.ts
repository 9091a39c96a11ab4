import type { PlainRule } from '../../../draft/flag/flag-draft.js';

/** Sets fields of a rule; what is typed is taken back word by word. */
export type SetRule = (fields: PlainRule, typing?: boolean) => void;
