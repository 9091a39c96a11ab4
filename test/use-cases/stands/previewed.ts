import type { Call } from '../../../src/calls/caller.js';
import type { LatchkeyError } from '../../../src/calls/errors.js';
import type { PreviewInput } from '../../../src/services/previewing/preview.js';
import type { PreviewEvent, PreviewResult } from '../../../src/services/previewing/preview-event.js';
import { OPERATOR, type UseCaseStand } from './use-case-stand.js';

/** A draft that changes nothing, for all users. */
export const DRAFT: Omit<PreviewInput, 'keyOrId'> = {
  ...{ mustExist: false, input: {}, onRuleChange: 'KEEP', rule: undefined, organizationId: '', sampleSize: 100 },
};

export interface PreviewedTo {
  readonly result: PreviewResult;
  readonly events: readonly PreviewEvent[];
}

/** A preview from its beginning to its end. */
export async function previewed(
  stand: Pick<UseCaseStand, 'services'>,
  keyOrId: string,
  input: Partial<PreviewInput> = {},
  call: Call = OPERATOR,
): Promise<PreviewedTo> {
  const events: PreviewEvent[] = [];
  const failure = await new Promise<LatchkeyError | undefined>((resolve, reject) => {
    const sink = { write: (event: PreviewEvent) => events.push(event) > 0, end: resolve };
    stand.services.preview.preview(call, { ...DRAFT, keyOrId, ...input }, sink).catch(reject);
  });
  if (failure !== undefined) throw failure;
  const last = events.at(-1);
  if (last?.type !== 'result') throw new Error('there is no result');
  return { result: last.result, events };
}
