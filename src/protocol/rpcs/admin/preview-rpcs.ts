import { invalidAt } from '../../../calls/errors.js';
import type { DraftInput } from '../../../services/previewing/held-draft.js';
import type { PreviewService } from '../../../services/previewing/preview.js';
import type {
  OrganizationGroups,
  PreviewBlock,
  PreviewEvent,
  PreviewedOrganizations,
  PreviewProgress,
  PreviewResult,
  PreviewSample,
} from '../../../services/previewing/preview-event.js';
import {
  PreviewResult_Blocked as Blocked,
  type PreviewOrganizationGroup as OrganizationGroupMessage,
  type PreviewOrganizations as OrganizationsMessage,
  type PreviewRuleRequest,
  type PreviewRuleResponse,
  type PreviewProgress as ProgressMessage,
  type PreviewResult as ResultMessage,
  type PreviewSample as SampleMessage,
} from '../../gen/latchkey/v1/preview.js';
import type { Segment as SegmentMessage } from '../../gen/latchkey/v1/segment.js';
import { accessInput } from '../../messages/access-row.js';
import { valuelessDecision } from '../../messages/explanation-message.js';
import { duration, instant, jsonObject, updateMask } from '../../messages/fields.js';
import { FLAG_PATHS, flagInput, ruleInput } from '../../messages/flag-input.js';
import { blockMessage, ruleMessage } from '../../messages/requirement-message.js';
import { flagNamed, ruleChange } from '../feature/set-flag.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** `PreviewRule`. */
export function previewRpcs(preview: Pick<PreviewService, 'preview'>): AdminRpcs<'previewRule'> {
  return {
    previewRule: {
      begin(request, call, out) {
        const { organizationId, sampleSize } = request;
        const segment = request.segment && segmentDraft(request.segment);
        const input = { ...draftOf(request), segment, organizationId, sampleSize };
        return preview.preview(call, input, {
          write: (event) => out.write(eventMessage(event)),
          end: (failure) => out.end(failure),
        });
      },
    },
  };
}

/** The segment that a draft is held with, whole. */
function segmentDraft({ key, name, conditions }: SegmentMessage) {
  return { key, name, conditions: jsonObject(conditions) ?? {} };
}

/** The draft of a flag that is not to be saved, from a request. */
export function draftOf(
  request: Pick<
    PreviewRuleRequest,
    'flag' | 'updateMask' | 'rule' | 'position' | 'onRuleChange' | 'access' | 'removeAccess'
  >,
): DraftInput {
  const { flag, rule, position } = request;
  if (flag === undefined) throw invalidAt('/flag', 'flag is missing; give at least flag.key');
  if (rule === undefined && position !== undefined)
    throw invalidAt('/position', 'position is the place of rule, which is missing');
  return {
    ...flagNamed(flag),
    input: flagInput(flag, updateMask(request.updateMask, FLAG_PATHS)),
    rule: rule && { input: ruleInput(rule, '/rule'), position },
    onRuleChange: ruleChange(request.onRuleChange),
    access: request.access.map(accessInput),
    removeAccess: request.removeAccess.map(accessInput),
  };
}

function eventMessage(event: PreviewEvent): PreviewRuleResponse {
  return event.type === 'progress'
    ? { event: { $case: 'progress', value: progressMessage(event.progress) } }
    : { event: { $case: 'result', value: resultMessage(event.result) } };
}

function progressMessage({ leftMs, ...progress }: PreviewProgress): ProgressMessage {
  return { ...progress, timeLeft: duration(leftMs) };
}

const BLOCKED: Readonly<Record<PreviewBlock['reason'], Blocked>> = {
  ARCHIVED: Blocked.ARCHIVED,
  DISABLED: Blocked.DISABLED,
  SCHEDULE: Blocked.SCHEDULE,
};

function resultMessage(result: PreviewResult): ResultMessage {
  const { counts, samples, earners, read, asOf, configurationRevision, blocked, warnings } = result;
  return {
    counts,
    wouldUnlock: samples.wouldUnlock.map(sampleMessage),
    wouldLose: samples.wouldLose.map(sampleMessage),
    stayOn: samples.stayOn.map(sampleMessage),
    stayOff: samples.stayOff.map(sampleMessage),
    asOf: instant(asOf),
    configurationRevision,
    blocked: blocked === undefined ? Blocked.BLOCKED_UNSPECIFIED : BLOCKED[blocked.reason],
    blockedUntil: instant(blocked?.until),
    warnings: [...warnings],
    earnedByOrganizations: earners && organizationsMessage(earners),
    readByMembers: read && organizationsMessage(read),
  };
}

function organizationsMessage(groups: OrganizationGroups): OrganizationsMessage {
  const group = ({ organizations, members, samples }: PreviewedOrganizations): OrganizationGroupMessage => ({
    ...{ organizations, members },
    samples: samples.map(({ rules, servedBy, ...sample }) => ({
      ...sample,
      rules: rules.map(ruleMessage),
      servedBy: servedBy && ruleMessage(servedBy),
    })),
  });
  const { wouldUnlock, wouldLose, stayOn, stayOff } = groups;
  return {
    ...{ wouldUnlock: group(wouldUnlock), wouldLose: group(wouldLose) },
    ...{ stayOn: group(stayOn), stayOff: group(stayOff) },
  };
}

function sampleMessage({ userId, before, after, servedBy, shortened }: PreviewSample): SampleMessage {
  return {
    userId,
    before: valuelessDecision(before),
    after: valuelessDecision(after.decision),
    rules: after.rules.map(ruleMessage),
    blockedBy: after.blockedBy.map(blockMessage),
    granted: after.granted,
    servedBy: servedBy && ruleMessage(servedBy),
    shortened,
  };
}
