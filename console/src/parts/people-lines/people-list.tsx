import { type ReactNode, useEffect, useRef, useState } from 'react';
import { call } from '../../api/api.js';
import { Button } from '../../ui/button.js';
import { TextArea } from '../../ui/field.js';
import { words } from '../../words/flag-access-words.js';
import { Tick } from '../change-dialog.js';
import { isolated } from '../isolated.js';
import {
  type Candidate,
  type FaultyLine,
  type LineFault,
  type LookedUp,
  lookUp,
  MOST_LINES,
  readLines,
} from './people-lines.js';
import './people-list.css';

/** How many of a long list are shown; the rest is a number. */
const SHOWN = 12;

/** The exact one comes first; who has the text as an attribute comes behind those whose ids begin with it. */
const CANDIDATES = 10;

export async function searchPeople(q: string, signal: AbortSignal): Promise<readonly Candidate[]> {
  return (await call('GET /api/admin/users', { query: { q, page_size: CANDIDATES }, signal })).users;
}

/**
 * A field for a list of people, who are looked up before anything is done with them: who is unknown is named, and what is left out is
 * told by line. `onPeople` hears of their ids; of none as long as they were not looked up.
 */
export function PeopleList({ onPeople }: { readonly onPeople: (ids: readonly string[]) => void }) {
  const { lines: said } = words.flagAccess;
  const [text, setText] = useState('');
  const [done, setDone] = useState<number>();
  const [looked, setLooked] = useState<LookedUp>();
  const [all, setAll] = useState(false);
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const read = readLines(text);
  const many = read.lines.length > MOST_LINES;
  const tell = (found: LookedUp | undefined, unknownToo: boolean) => {
    setLooked(found);
    setAll(unknownToo);
    onPeople(found === undefined ? [] : [...found.known, ...(unknownToo ? found.unknown : [])]);
  };
  const look = async (): Promise<void> => {
    stop.current = new AbortController();
    setDone(0);
    const { signal } = stop.current;
    tell(await lookUp(read, { signal, search: searchPeople, onProgress: setDone }), false);
    setDone(undefined);
  };
  if (looked !== undefined)
    return <Found looked={looked} all={all} onAll={(on) => tell(looked, on)} onBack={() => tell(undefined, false)} />;
  return (
    <div className="people-list">
      <TextArea
        label={said.field}
        rows={7}
        spellCheck={false}
        autoComplete="off"
        value={text}
        readOnly={done !== undefined}
        faulty={many}
        hint={many ? said.tooMany(read.lines.length) : said.fieldHint}
        onChange={({ target }) => setText(target.value)}
      />
      {done === undefined ? (
        <Button disabled={read.lines.length === 0 || many} onClick={() => void look()}>
          {said.lookUp}
        </Button>
      ) : (
        <div className="people-progress" role="status">
          <progress max={read.lines.length} value={done} aria-label={said.lookUp} />
          <span className="numbers">{said.looking(done, read.lines.length)}</span>
          <Button onClick={() => stop.current?.abort()}>{said.stop}</Button>
        </div>
      )}
    </div>
  );
}

interface FoundProps {
  readonly looked: LookedUp;
  /** Whether those of whom nothing is stored are taken, too. */
  readonly all: boolean;
  readonly onAll: (on: boolean) => void;
  readonly onBack: () => void;
}

function Found({ looked: { known, unknown, faults }, all, onAll, onBack }: FoundProps) {
  const { lines: said } = words.flagAccess;
  return (
    <div className="people-list" role="status">
      <p className="people-found">
        {known.length === 0 ? said.nobody : said.found(known.length)}
        <Button kind="quiet" onClick={onBack}>
          {said.change}
        </Button>
      </p>
      {unknown.length > 0 && (
        <section className="people-remarks" aria-label={said.unknown(unknown.length)}>
          <h3>{said.unknown(unknown.length)}</h3>
          <Names>{unknown.map((id) => isolated(id))}</Names>
          <Tick label={said.takeUnknown} hint={said.takeUnknownWhat} checked={all} onTick={onAll} />
        </section>
      )}
      {faults.length > 0 && (
        <section className="people-remarks" aria-label={said.faults(faults.length)}>
          <h3>{said.faults(faults.length)}</h3>
          <Names>{faults.map((line) => faultText(line))}</Names>
        </section>
      )}
    </div>
  );
}

/** The first of a list; how many more there are. */
function Names({ children }: { readonly children: readonly ReactNode[] }) {
  const { lines: said } = words.flagAccess;
  return (
    <ul className="people-names">
      {children.slice(0, SHOWN).map((name, i) => (
        <li key={i}>{name}</li>
      ))}
      {children.length > SHOWN && <li className="soft">{said.and(children.length - SHOWN)}</li>}
    </ul>
  );
}

function faultText({ at, text, fault }: FaultyLine): ReactNode {
  const { lines: said } = words.flagAccess;
  return (
    <>
      {said.line(at)}: <bdi>{text.length > 60 ? `${text.slice(0, 60)}…` : text}</bdi> – {faultWords(fault)}
    </>
  );
}

function faultWords(fault: LineFault): string {
  const { lines: said } = words.flagAccess;
  switch (fault.kind) {
    case 'repeats':
      return said.repeats(fault.line);
    case 'several':
      return said.several(fault.people);
    case 'failed':
      return said.failed(fault.why || words.states.failed);
    default:
      return said[fault.kind];
  }
}
