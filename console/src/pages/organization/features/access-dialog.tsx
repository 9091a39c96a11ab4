import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { AccessRow, AccessRowInput, OrganizationFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import type { ChangedRows } from '../../../draft/flag/merge-rows.js';
import { rowInput } from '../../../draft/flag/save-request.js';
import { ReviewFrame } from '../../../parts/drafting/review-frame.js';
import { useMay, useSession } from '../../../parts/page/session-context.js';
import type { Losses } from '../../../parts/preview/losses-confirmed.js';
import { PreviewPanel } from '../../../parts/preview/preview-panel.js';
import { lossesIn, previewOf, usePreview } from '../../../parts/preview/preview-stream.js';
import { Select } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/customers-words.js';
import { words as flagWords } from '../../../words/flag-words.js';

/** What is said for a role. An inactive row says nothing, and stays until something is. */
type Choice = 'none' | 'inactive' | 'ALLOW' | 'DENY';

export interface AccessDialogProps {
  readonly id: string;
  readonly flag: OrganizationFlag;
  readonly onClose: () => void;
}

/**
 * Changes the rows of a flag for an organization and for roles within it: the organization's own where its administrator is signed in,
 * the platform's otherwise. Not before it is known who loses the flag by it, as far as that may be asked, nor over rows that somebody else
 * has changed meanwhile.
 */
export function AccessDialog({ id, flag, onClose }: AccessDialogProps) {
  const { features } = words.organization;
  const { caller } = useSession();
  const own = caller.organization_id !== '';
  // As they were when they were shown: what somebody else saves meanwhile is a conflict.
  const [rows, setRows] = useState<readonly AccessRow[]>(
    (own ? flag.own_rows : flag.platform_rows).filter(({ organization_id }) => organization_id === id),
  );
  const [overtaken, setOvertaken] = useState(false);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Choice>>(new Map());
  const [stopped, setStopped] = useState(false);
  const rowOf = (role: string) => rows.find((row) => row.role === role);
  const before = (role: string) => choiceOf(rowOf(role));
  const roles = [...new Set(['', ...flag.verdicts.map(({ role }) => role), ...rows.map(({ role }) => role)])];
  const changes = roles
    .map((role) => ({ role, was: before(role), is: chosen.get(role) ?? before(role) }))
    .filter(({ was, is }) => was !== is);
  const draft = { flag: { key: flag.flag_key }, ...rowsOf(id, changes) };
  const mayPreview = useMay('PreviewRule');
  const asks = mayPreview && changes.length > 0;
  const { preview, outdated, start, stop } = usePreview(flag.flag_key, { renewed: asks });
  const input = previewOf(draft, 'KEEP');
  const again = useCallback(() => {
    setStopped(false);
    void start(input);
  }, [start, input]);
  useEffect(() => {
    if (asks) again();
    else stop();
  }, [asks, again, stop]);
  const known = preview?.of === input && !outdated ? preview : undefined;
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ['organizations', id] });

  const losses = (): Losses => {
    if (changes.length === 0) return 'asking';
    if (mayPreview) return lossesIn(known, stopped);
    return changes.some(({ was, is }) => is === 'DENY' || was === 'ALLOW') ? 'unknown' : 0;
  };
  const save = async (comment: string): Promise<void> => {
    const were = changes.map(({ role }) => rowOf(role));
    const there = were.filter((row) => row !== undefined).map(rowInput);
    const absent = changes.filter((_, i) => were[i] === undefined).map(({ role }) => ({ role, organization_id: id }));
    await call('PATCH /api/admin/flags/{flag}/access', {
      path: { flag: flag.flag_key },
      body: {
        comment,
        ...rowsOf(id, changes),
        ...(there.length === 0 ? {} : { expected_access: there }),
        ...(absent.length === 0 ? {} : { expected_absent: absent }),
      },
    });
    tell({ kind: 'done', title: features.saved(flag.flag_key) });
    onClose();
    await refresh();
  };
  const takeTheirs = (changed: ChangedRows | undefined) => {
    setOvertaken(true);
    void refresh();
    const now = [...(changed?.present ?? []), ...(changed?.absent ?? [])];
    const untouched = rows.filter(({ role }) => !now.some((row) => row.role === role));
    setRows([...untouched, ...(changed?.present ?? [])]);
  };

  return (
    <ReviewFrame
      title={features.editing(flag.flag_key)}
      what={own ? features.editingOwn : features.editingPlatform}
      losses={losses()}
      onAskAgain={mayPreview ? again : undefined}
      asks={flagWords.flag}
      whyAtFirst=""
      onSave={save}
      placeOf={() => undefined}
      onConflict={takeTheirs}
      onClose={onClose}
      effects={
        <>
          <div className="access-lines">
            {roles.map((role) => (
              <Line
                key={role}
                role={role}
                row={rowOf(role)}
                chosen={chosen.get(role) ?? before(role)}
                onChoose={(choice) => setChosen(new Map(chosen).set(role, choice))}
              />
            ))}
          </div>
          {overtaken && (
            <p className="review-refused" role="alert">
              {features.overtaken}
            </p>
          )}
          {asks && preview !== undefined && (
            <PreviewPanel
              preview={preview}
              outdated={known === undefined}
              onAgain={again}
              onStop={() => {
                stop();
                setStopped(true);
              }}
            />
          )}
        </>
      }
    >
      {changes.length === 0 && <li>{features.nothing}</li>}
      {changes.map(({ role, was, is }) => (
        <li key={role}>
          {nameOf(role)}: <del>{features.choices[was]}</del> <ins>{features.choices[is]}</ins>
        </li>
      ))}
    </ReviewFrame>
  );
}

interface LineProps {
  readonly role: string;
  readonly row: AccessRow | undefined;
  readonly chosen: Choice;
  readonly onChoose: (choice: Choice) => void;
}

function Line({ role, row, chosen, onChoose }: LineProps) {
  const { choices } = words.organization.features;
  const offered = choiceOf(row) === 'inactive' ? CHOICES : CHOICES.filter((choice) => choice !== 'inactive');
  return (
    <div>
      <span aria-hidden>{nameOf(role)}</span>
      <Select
        label={nameOf(role)}
        value={chosen}
        options={offered.map((value) => ({ value, label: choices[value] }))}
        onChoose={(value) => onChoose(value as Choice)}
      />
    </div>
  );
}

const CHOICES: readonly Choice[] = ['none', 'inactive', 'ALLOW', 'DENY'];

function choiceOf(row: AccessRow | undefined): Choice {
  if (row === undefined) return 'none';
  if (row.enabled === false) return 'inactive';
  return row.effect === 'DENY' ? 'DENY' : 'ALLOW';
}

function nameOf(role: string): string {
  const { features } = words.organization;
  return role === '' ? features.forWhole : features.forRole(role);
}

/** The rows that are written, and those that are removed. */
function rowsOf(organization_id: string, changes: readonly { readonly role: string; readonly is: Choice }[]) {
  const access = changes.flatMap(({ role, is }): AccessRowInput[] =>
    is === 'ALLOW' || is === 'DENY' ? [{ role, organization_id, effect: is, enabled: true }] : [],
  );
  const remove_access = changes.filter(({ is }) => is === 'none').map(({ role }) => ({ role, organization_id }));
  return { access, remove_access };
}
