import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Transaction } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef, useState } from 'react';
import { editorLook } from './editor-look.js';
import { rangeAt } from './pointer-range.js';

/** Something that is wrong at a place of the text. */
export interface JsonFault {
  /** The steps of a JSON pointer into it. */
  readonly steps: readonly string[];
  readonly message: string;
}

export interface JsonEditorProps {
  readonly label: string;
  readonly text: string;
  readonly faults: readonly JsonFault[];
  /** `Line 3`. */
  readonly lineInWords: (line: number) => string;
  readonly onText: (text: string) => void;
}

/**
 * An editor of JSON, with what is wrong marked at its line. It lives in a shadow root, where its styles are sheets that a script
 * makes: in the document they would be a `<style>`, which the policy of the console forbids. Tab leaves it, as everywhere.
 */
export default function JsonEditor({ label, text, faults, lineInWords, onText }: JsonEditorProps) {
  const [placed, setPlaced] = useState<readonly PlacedFault[]>([]);
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const present = useRef(onText);
  present.current = onText;
  // What was typed and has not come back as `text` yet. Whoever types fast is ahead of it.
  const ahead = useRef<string[]>([]);
  const begin = useRef({ label, text });
  useEffect(() => {
    const { current: box } = host;
    if (box === null) return undefined;
    const root = box.shadowRoot ?? box.attachShadow({ mode: 'open' });
    const made = editorIn(root, begin.current.text, (typed) => {
      ahead.current.push(typed);
      present.current(typed);
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = undefined;
    };
  }, []);
  useEffect(() => {
    const { current: made } = view;
    made?.dispatch({ effects: NAME.reconfigure(EditorView.contentAttributes.of({ 'aria-label': label })) });
  }, [label]);
  // What comes from elsewhere, such as undo, is shown; what was typed here is there already.
  useEffect(() => {
    const { current: made } = view;
    const shown = made?.state.doc.toString();
    const at = ahead.current.indexOf(text);
    ahead.current = at === -1 ? [] : ahead.current.slice(at + 1);
    if (made === undefined || shown === undefined || shown === text || at !== -1) return;
    const changes = changeBetween(shown, text);
    made.dispatch({ changes, annotations: [FOREIGN, Transaction.addToHistory.of(false)] });
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the text, too
  useEffect(() => {
    const { current: made } = view;
    if (made === undefined) return;
    const found = diagnosticsOf(made, faults);
    made.dispatch(setDiagnostics(made.state, found));
    setPlaced(found.map(({ from, to, message }) => ({ from, to, message, line: made.state.doc.lineAt(from).number })));
  }, [faults, text]);
  const goTo = ({ from, to }: PlacedFault) => {
    view.current?.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    view.current?.focus();
  };
  return (
    <>
      <div ref={host} className="json-editor" />
      {placed.length > 0 && (
        <ul className="json-faults" aria-live="polite">
          {placed.map((fault) => (
            <li key={`${fault.from} ${fault.message}`}>
              <button type="button" onClick={() => goTo(fault)}>
                {lineInWords(fault.line)}
              </button>{' '}
              {fault.message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface PlacedFault {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly line: number;
}

const NAME = new Compartment();
const FOREIGN = Transaction.userEvent.of('foreign');

function editorIn(root: ShadowRoot, text: string, onText: (text: string) => void): EditorView {
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        json(),
        indentUnit.of('  '),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        lintGutter(),
        EditorView.lineWrapping,
        EditorView.domEventHandlers({ beforeinput: typeOver }),
        editorLook,
        NAME.of([]),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.updateListener.of(({ docChanged, state, transactions }) => {
          const isForeign = transactions.every((each) => each.isUserEvent('foreign'));
          if (docChanged && !isForeign) onText(state.doc.toString());
        }),
      ],
    }),
  });
}

/**
 * Types over what is selected. Left to itself, Chromium keeps the look of what was there in an attribute `style`, which the policy forbids.
 */
function typeOver(event: InputEvent, view: EditorView): boolean {
  const insert = event.data;
  if (event.inputType !== 'insertText' || event.isComposing || insert === null) return false;
  const { from, to } = selectedBy(view);
  if (from === to) return false;
  event.preventDefault();
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + insert.length },
    scrollIntoView: true,
    userEvent: 'input.type',
  });
  return true;
}

/** What is selected, which the editor may not have heard of yet. */
function selectedBy(view: EditorView): { readonly from: number; readonly to: number } {
  const { contentDOM, root, state } = view;
  // Only Chromium, whose ways are mended here, tells of a selection within a shadow root.
  const selection = (root as { getSelection?(): Selection | null }).getSelection?.() ?? null;
  const { anchorNode, focusNode, anchorOffset, focusOffset } = selection ?? {};
  if (!contentDOM.contains(anchorNode ?? null) || !contentDOM.contains(focusNode ?? null)) return state.selection.main;
  const ends = [view.posAtDOM(anchorNode!, anchorOffset), view.posAtDOM(focusNode!, focusOffset)];
  return { from: Math.min(...ends), to: Math.max(...ends) };
}

/** The one change that makes a text of another, so that the cursor stays where it is beside it. */
function changeBetween(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0;
  while (from < before.length && before[from] === after[from]) from += 1;
  let [to, end] = [before.length, after.length];
  while (to > from && end > from && before[to - 1] === after[end - 1]) [to, end] = [to - 1, end - 1];
  return { from, to, insert: after.slice(from, end) };
}

/** What is no JSON is wrong where it stops being that; what is refused, where that stands. */
function diagnosticsOf(view: EditorView, faults: readonly JsonFault[]): readonly Diagnostic[] {
  const syntax = jsonParseLinter()(view);
  if (syntax.length > 0) return syntax;
  const text = view.state.doc.toString();
  return faults.map(({ steps, message }) => ({ ...rangeAt(text, steps), severity: 'error', message }));
}
