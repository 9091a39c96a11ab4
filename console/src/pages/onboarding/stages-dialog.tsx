import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ListStagesResponse, Stage } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ChangeDialog } from '../../parts/change-dialog.js';
import { Failure } from '../../parts/page/failure.js';
import { Button, IconButton } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { AddIcon, MoveDownIcon, MoveUpIcon, RemoveIcon } from '../../ui/icons.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/customers-words.js';
import './stages-dialog.css';

export interface StagesDialogProps {
  /** The stages of an older version, which are to come back, and which it is; without them the list is edited as it is. */
  readonly stages?: readonly Stage[];
  readonly version?: number;
  readonly onClose: () => void;
}

/** Edits the ordered list of stages, and tells what it comes to. */
export default function StagesDialog({ stages, version, onClose }: StagesDialogProps) {
  const { editor: text } = words.onboarding;
  const { data, error, refetch } = useQuery({
    queryKey: ['onboarding', 'stages'],
    queryFn: ({ signal }) => call('GET /api/admin/stages', { signal }),
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (data !== undefined)
    return <Editor before={data} from={stages ?? data.stages} version={version} onClose={onClose} />;
  return (
    <Dialog open onClose={onClose} title={text.title}>
      {error === null ? <p>{words.states.loading}</p> : <Failure error={error} onAgain={() => void refetch()} />}
    </Dialog>
  );
}

interface Line {
  /** Stays the same while it is edited and moved. */
  readonly id: number;
  readonly name: string;
  readonly self: boolean;
  /** Whether it is in the list already, where its name stays: another name is another stage. */
  readonly kept: boolean;
}

interface EditorProps {
  readonly before: ListStagesResponse;
  /** What the list is edited from. */
  readonly from: readonly Stage[];
  /** The version that it is of, where it is an older one. */
  readonly version: number | undefined;
  readonly onClose: () => void;
}

function Editor({ before: opened, from, version, onClose }: EditorProps) {
  // Edits are made on the list as it was when the dialog opened: what somebody else saves meanwhile is a conflict.
  const [before] = useState(opened);
  const { editor: text } = words.onboarding;
  const [lines, setLines] = useState<readonly Line[]>(() =>
    from.map(({ name, self_settable }, id) => {
      const kept = before.stages.some((stage) => stage.name === name);
      return { id, name, self: self_settable !== false, kept };
    }),
  );
  const [next, setNext] = useState(from.length);
  const queries = useQueryClient();
  const names = lines.map(({ name }) => name.trim());
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  const stages = lines.map(({ self }, at) => ({ name: names[at] ?? '', self_settable: self }));
  const same =
    stages.length === before.stages.length &&
    stages.every(({ name, self_settable }, at) => {
      const old = before.stages[at];
      return old?.name === name && (old.self_settable !== false) === self_settable;
    });
  const edit = (id: number, part: Partial<Line>) =>
    setLines(lines.map((line) => (line.id === id ? { ...line, ...part } : line)));
  const move = (at: number, by: number) => {
    const moved = lines[at];
    if (moved !== undefined) setLines(lines.toSpliced(at, 1).toSpliced(at + by, 0, moved));
  };
  const save = async (comment: string): Promise<void> => {
    const { backfill_ids, warnings } = await call('PUT /api/admin/stages', {
      body: { stages, expected_version: before.version, comment },
    });
    const told = [
      ...(backfill_ids.length === 0 ? [] : [text.backfills(backfill_ids.length)]),
      ...warnings.slice(0, 3).map(({ message }) => `${message}.`),
    ];
    tell({
      kind: 'done',
      title: text.saved,
      ...(told.length === 0 ? {} : { what: told.join(' ') }),
    });
    await queries.invalidateQueries({ queryKey: ['onboarding'] });
  };
  return (
    <ChangeDialog
      wide
      title={text.title}
      what={text.what}
      does={text.save}
      disabled={same || twice !== undefined || names.includes('')}
      whyAtFirst={version === undefined ? '' : text.restores(version)}
      onDo={save}
      onClose={onClose}
    >
      <ol className="stage-lines">
        {lines.map((line, at) => {
          const name = names[at] ?? '';
          const shown = name === '' ? text.name(at + 1) : name;
          return (
            <li key={line.id}>
              <TextField
                label={text.name(at + 1)}
                labelUnseen
                value={line.name}
                readOnly={line.kept}
                required
                maxLength={64}
                autoComplete="off"
                spellCheck={false}
                fault={name !== '' && name === twice ? text.twice(name) : undefined}
                onChange={({ target }) => edit(line.id, { name: target.value })}
              />
              <div className="stage-moves">
                <IconButton
                  label={text.up(shown)}
                  icon={<MoveUpIcon aria-hidden />}
                  disabled={at === 0}
                  onClick={() => move(at, -1)}
                />
                <IconButton
                  label={text.down(shown)}
                  icon={<MoveDownIcon aria-hidden />}
                  disabled={at === lines.length - 1}
                  onClick={() => move(at, 1)}
                />
                <IconButton
                  label={text.remove(shown)}
                  icon={<RemoveIcon aria-hidden />}
                  onClick={() => setLines(lines.filter(({ id }) => id !== line.id))}
                />
              </div>
              <label className="tick">
                <input
                  type="checkbox"
                  className="checkbox"
                  checked={line.self}
                  aria-label={text.selfOf(shown)}
                  onChange={({ target }) => edit(line.id, { self: target.checked })}
                />
                <span className="soft">{text.self}</span>
              </label>
            </li>
          );
        })}
      </ol>
      <div>
        <Button
          icon={<AddIcon aria-hidden />}
          onClick={() => {
            setLines([...lines, { id: next, name: '', self: true, kept: false }]);
            setNext(next + 1);
          }}
        >
          {text.add}
        </Button>
      </div>
      {!same && <Consequences before={before.stages.map(({ name }) => name)} after={names} />}
    </ChangeDialog>
  );
}

/** Who and what a change of the list concerns. */
function Consequences({ before, after }: { readonly before: readonly string[]; readonly after: readonly string[] }) {
  const { editor: text } = words.onboarding;
  const gone = before.filter((name) => !after.includes(name));
  const order =
    before.filter((name) => after.includes(name)).join('\n') !==
    after.filter((name) => before.includes(name)).join('\n');
  const shifted =
    order || gone.length > 0 || after.findIndex((name) => !before.includes(name)) < before.length - gone.length;
  const readers = useQueries({
    queries: gone.map((stage) => ({
      queryKey: ['references', 'stage', stage],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        call('GET /api/admin/stages/{stage}/references', { path: { stage }, query: { page_size: 50 }, signal }),
    })),
  });
  const funnel = useQuery({
    queryKey: ['onboarding', 'funnel', '', ''],
    queryFn: ({ signal }) => call('GET /api/admin/onboarding', { query: {}, signal }),
  });
  const said = gone.flatMap((stage, at) => {
    const found = readers[at]?.data;
    const now = funnel.data?.stages.find((each) => each.stage === stage)?.now ?? 0;
    return [
      ...(found === undefined || found.references.length === 0
        ? []
        : [found.next_page_token === '' ? text.readers(stage, found.references.length) : text.readersMany(stage)]),
      ...(now === 0 ? [] : [text.people(stage, now)]),
    ];
  });
  const error = readers.find((each) => each.error !== null)?.error ?? funnel.error;
  return (
    <section className="consequences" aria-label={text.consequences} role="status">
      <h3>{text.consequences}</h3>
      {error !== null && <p className="loss">{error.message}</p>}
      {said.map((each) => (
        <p key={each} className="loss">
          {each}
        </p>
      ))}
      <p>{shifted ? text.order : text.nothing}</p>
    </section>
  );
}
