import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The look of the editor, made of the tokens of the console, which reach into its shadow root, in either theme. */
export const editorLook: Extension = [
  EditorView.theme({
    '&': {
      border: '1px solid var(--edge)',
      borderRadius: 'var(--radius)',
      backgroundColor: 'var(--sunken)',
      color: 'var(--text)',
      fontSize: '13px',
    },
    '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
    '.cm-scroller': { overflow: 'auto', maxBlockSize: '480px', fontFamily: 'var(--mono)', lineHeight: '1.5' },
    '.cm-content': { paddingBlock: '8px', caretColor: 'var(--text)' },
    '.cm-gutters': { border: '0', backgroundColor: 'transparent', color: 'var(--faint)' },
    '.cm-gutter-lint': { inlineSize: '14px' },
    '.cm-activeLine': { backgroundColor: 'transparent' },
    '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--hover)' },
    '.cm-content ::selection, &.cm-focused .cm-content ::selection': { backgroundColor: 'var(--chosen)' },
    '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
      backgroundColor: 'var(--chosen)',
      outline: '1px solid var(--edge)',
    },
    '.cm-tooltip': {
      border: '1px solid var(--line)',
      borderRadius: 'var(--radius-small)',
      backgroundColor: 'var(--raised)',
      color: 'var(--text)',
      fontFamily: 'var(--font)',
    },
    '.cm-diagnostic-error': { borderInlineStartColor: 'var(--danger)' },
    '.cm-lintRange-error': {
      backgroundImage: 'none',
      textDecoration: 'underline wavy var(--danger)',
      textUnderlineOffset: '3px',
    },
    '.cm-lint-marker-error': {
      inlineSize: '8px',
      blockSize: '8px',
      marginBlockStart: '6px',
      borderRadius: '50%',
      backgroundColor: 'var(--danger)',
      content: '""',
    },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.propertyName, color: 'var(--accent)' },
      { tag: tags.string, color: 'var(--everyone)' },
      { tag: tags.number, color: 'var(--earned)' },
      { tag: [tags.bool, tags.null], color: 'var(--scheduled)' },
      { tag: [tags.separator, tags.squareBracket, tags.brace], color: 'var(--soft)' },
    ]),
  ),
];
