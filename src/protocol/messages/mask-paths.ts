import { FLAG_PATHS } from './flag-input.js';

/** The paths that the update_mask of a user may name; those of other things follow. */
export const USER_PATHS: readonly string[] = [
  ...['organization_id', 'roles', 'joined_at', 'email_verified', 'attributes', 'time_zone'],
];
export const ORGANIZATION_PATHS: readonly string[] = ['attributes', 'strict_roles', 'roles', 'time_zone'];
export const SEGMENT_PATHS: readonly string[] = ['name', 'conditions'];
export const WEBHOOK_PATHS: readonly string[] = ['url', 'description', 'types', 'enabled'];

/** The paths that a mask may name, by the full name of the request that has the mask. */
export const MASK_PATHS: Readonly<Record<string, readonly string[]>> = {
  'latchkey.v1.SetFlagRequest': FLAG_PATHS,
  'latchkey.v1.PreviewRuleRequest': FLAG_PATHS,
  'latchkey.v1.IdentifyRequest': USER_PATHS,
  'latchkey.v1.SetOrganizationRequest': ORGANIZATION_PATHS,
  'latchkey.v1.SetSegmentRequest': SEGMENT_PATHS,
  'latchkey.v1.UpdateWebhookRequest': WEBHOOK_PATHS,
};
