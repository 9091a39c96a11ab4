import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Webhook } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog, Tick } from '../../../parts/change-dialog.js';
import { SecretDialog } from '../../../parts/tokens/secret-dialog.js';
import { Select, TextField } from '../../../ui/field.js';
import { Snippet } from '../../../ui/page-states.js';
import { tell } from '../../../ui/toasts.js';
import { settingsWords } from '../../../words/settings-words.js';
import { sampleOf, WEBHOOK_TYPES, type WebhookType } from './webhook-samples.js';

const text = settingsWords.webhooks;

export interface WebhookDialogProps {
  /** The one that is changed; undefined: a new one. */
  readonly webhook?: Webhook;
  readonly onMade?: (id: string) => void;
  readonly onClose: () => void;
}

/** Makes a webhook, whose secret is shown once, or changes one; says meanwhile what it will be sent. */
export function WebhookDialog({ webhook, onMade, onClose }: WebhookDialogProps) {
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [types, setTypes] = useState<readonly string[]>(webhook?.types ?? ['dev.latchkey.unlocked']);
  const [made, setMade] = useState<{ readonly id: string; readonly secret: string }>();
  // As it was when this was opened: what somebody else changes meanwhile is not undone.
  const [before] = useState(webhook);
  const showing = useRef(false);
  const queries = useQueryClient();
  if (made !== undefined)
    return (
      <SecretDialog
        secret={made.secret}
        what={text.secretWhat}
        onClose={() => {
          onClose();
          onMade?.(made.id);
        }}
      />
    );

  const fields = { url: url.trim(), description: description.trim(), types: [...types] };
  const changed = {
    ...(fields.url === before?.url ? {} : { url: fields.url }),
    ...(fields.description === before?.description ? {} : { description: fields.description }),
    ...(sameSet(types, before?.types ?? []) ? {} : { types: fields.types }),
  };
  const save = async (comment: string): Promise<void> => {
    if (webhook === undefined) {
      const answer = await call('POST /api/admin/webhooks', { query: { comment }, body: fields });
      showing.current = true;
      setMade({ id: answer.webhook?.id ?? '', secret: answer.secret });
    } else {
      await call('PATCH /api/admin/webhooks/{webhook_id}', {
        path: { webhook_id: webhook.id },
        query: { comment },
        body: changed,
      });
      tell({ kind: 'done', title: text.saved });
    }
    await queries.invalidateQueries({ queryKey: ['webhooks'] });
  };
  return (
    <ChangeDialog
      wide
      shownOnce={webhook === undefined}
      title={webhook === undefined ? text.making : text.editing}
      what={webhook === undefined ? text.makingWhat : text.editingWhat}
      does={webhook === undefined ? text.doMake : text.save}
      disabled={fields.url === '' || types.length === 0 || Object.keys(changed).length === 0}
      onDo={save}
      onClose={() => {
        if (!showing.current) onClose();
      }}
    >
      <TextField
        label={text.url}
        hint={text.urlWhat}
        type="url"
        value={url}
        required
        maxLength={2_048}
        placeholder="https://example.com/hooks"
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setUrl(target.value)}
      />
      <TextField
        label={text.description}
        value={description}
        maxLength={1_000}
        autoComplete="off"
        onChange={({ target }) => setDescription(target.value)}
      />
      <fieldset className="ticks">
        <legend>{text.types}</legend>
        {WEBHOOK_TYPES.map((type) => (
          <Tick
            key={type}
            label={<code>{type}</code>}
            hint={text.typeWhat[type]}
            checked={types.includes(type)}
            onTick={(on) => setTypes(on ? [...types, type] : types.filter((each) => each !== type))}
          />
        ))}
      </fieldset>
      <Sample types={types} />
    </ChangeDialog>
  );
}

/** What the webhook is sent, of each type that is picked. */
function Sample({ types }: { readonly types: readonly string[] }) {
  const offered = WEBHOOK_TYPES.filter((type) => types.includes(type));
  const [picked, setPicked] = useState<WebhookType>('dev.latchkey.unlocked');
  const shown = offered.includes(picked) ? picked : offered[0];
  if (shown === undefined) return null;
  return (
    <details className="webhook-sample">
      <summary>{text.sample}</summary>
      <div className="webhook-sample-body">
        <Select
          label={text.sampleOf}
          value={shown}
          options={offered.map((type) => ({ value: type, label: type }))}
          onChoose={(type) => setPicked(type as WebhookType)}
        />
        <Snippet text={sampleOf(shown)} label={text.sample} />
      </div>
    </details>
  );
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
