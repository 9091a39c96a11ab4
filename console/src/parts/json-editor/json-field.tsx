import { type ComponentType, useEffect, useState } from 'react';
import { parsedJson } from '../../draft/values/json.js';
import { words } from '../../words/json-words.js';
import type { JsonEditorProps, JsonFault } from './json-editor.js';
import './json-field.css';

export interface JsonFieldProps<T> {
  readonly label: string;
  /** Any JSON. */
  readonly value: T;
  /** What the server would refuse of it. */
  readonly faults?: readonly JsonFault[];
  readonly onValue: (json: T) => void;
}

const NONE: readonly JsonFault[] = [];

/** JSON to be edited as text. What is no JSON yet stays in the field, and changes nothing. */
export function JsonField<T>({ label, value, faults = NONE, onValue }: JsonFieldProps<T>) {
  const shown = JSON.stringify(value, null, 2);
  const [typed, setTyped] = useState<{ readonly text: string; readonly for: string }>();
  const text = typed !== undefined && typed.for === shown ? typed.text : shown;
  const isFault = parsedJson(text) === undefined;
  const Editor = useJsonEditor();
  const type = (next: string) => {
    const json = parsedJson(next);
    setTyped({ text: next, for: json === undefined ? shown : JSON.stringify(json, null, 2) });
    if (json !== undefined) onValue(json as T);
  };
  return (
    <div className="json-field">
      {Editor === 'loading' && <pre className="json-plain">{text}</pre>}
      {Editor === 'absent' && (
        <textarea
          aria-label={label}
          aria-invalid={isFault || undefined}
          spellCheck={false}
          rows={Math.min(24, text.split('\n').length + 1)}
          value={text}
          onChange={({ target }) => type(target.value)}
        />
      )}
      {typeof Editor !== 'string' && (
        <Editor label={label} text={text} faults={faults} lineInWords={words.json.line} onText={type} />
      )}
      {isFault && (
        <p className="field-fault" role="status">
          {words.json.fault}
        </p>
      )}
    </div>
  );
}

type Loaded = ComponentType<JsonEditorProps> | 'loading' | 'absent';
let loaded: Loaded = 'loading';

/** The editor, which is large, and comes when JSON is edited first. Where it cannot be had, a plain field serves. */
function useJsonEditor(): Loaded {
  const [editor, setEditor] = useState<{ readonly of: Loaded }>({ of: loaded });
  useEffect(() => {
    if (loaded !== 'loading') return;
    import('./json-editor.js').then(
      ({ default: found }) => {
        loaded = found;
        setEditor({ of: found });
      },
      () => setEditor({ of: 'absent' }),
    );
  }, []);
  return editor.of;
}
