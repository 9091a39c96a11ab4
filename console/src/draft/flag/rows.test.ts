import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccessRow } from '../../../../src/protocol/gen/admin-json.js';
import { arbitraryContent } from '../testing/arbitrary-draft.js';
import { draftOn, type FlagDraft, reduceDraft } from './flag-draft.js';
import { rowKey } from './merge-rows.js';
import { draftedRows, platformRow, saying, saysOf, splitPut } from './rows.js';

const target = fc.constantFrom(
  { user_id: 'ada' },
  { user_id: 'grace' },
  { role: 'manager' },
  { organization_id: 'acme' },
  { role: 'manager', organization_id: 'acme' },
);
const row = fc
  .tuple(target, fc.constantFrom('ALLOW', 'DENY', 'RECORD'))
  .map(([named, says]) => platformRow(named, says as 'ALLOW'));
const rows = fc.uniqueArray(row, { selector: rowKey });

/** What is stored once the draft has been saved. */
function saved(stored: readonly AccessRow[], { now }: FlagDraft): ReadonlyMap<string, string> {
  const after = new Map(stored.map((each) => [rowKey(each), saysOf(each)]));
  for (const { kind, row: each } of now.rows) {
    if (kind === 'put') after.set(rowKey(each), saysOf(each));
    else after.delete(rowKey(each));
  }
  return after;
}

describe('the rows of a draft', () => {
  it('are shown as they will be stored, with those that go', () => {
    fc.assert(
      fc.property(arbitraryContent, rows, rows, rows, (content, stored, put, dropped) => {
        let draft = reduceDraft(draftOn({ key: 'x', id: 'flg_x', version: 1, content }), {
          kind: 'put-rows',
          rows: splitPut(stored, put).change,
        });
        draft = reduceDraft(draft, { kind: 'drop-rows', rows: dropped });
        const shown = draftedRows(stored, draft.now.rows, { q: '', of: undefined, whole: true });
        const left = shown.filter(({ mark }) => mark !== 'dropped').map(({ key, row: each }) => [key, saysOf(each)]);
        expect(new Map(left as [string, string][])).toEqual(saved(stored, draft));
        expect(new Set(shown.map(({ key }) => key)).size).toBe(shown.length);
        for (const each of draftedRows(stored, draft.now.rows, { q: 'a', of: 'people', whole: false })) {
          // What a filter hides may be stored: it is not called new.
          expect(each.mark).not.toBe('new');
          if (!stored.some((other) => rowKey(other) === each.key)) expect(each.row.user_id.startsWith('a')).toBe(true);
        }
      }),
    );
  });

  it('keep what they said while they are on record only', () => {
    fc.assert(
      fc.property(row, (each) => {
        const kept = saying(saying(each, 'RECORD'), 'RECORD');
        expect([kept.enabled, kept.effect === 'DENY']).toEqual([false, each.effect === 'DENY']);
        expect(saysOf(saying(kept, 'DENY'))).toBe('DENY');
      }),
    );
  });
});
