import { type Static, Type } from 'typebox';
import { UserIdParameter } from './user-flags-schema.js';

export const ProgressQuerySchema = Type.Object({ user_id: UserIdParameter });
export type ProgressQuery = Static<typeof ProgressQuerySchema>;

export const ProgressPatchSchema = Type.Object(
  {
    stage: Type.String({ description: 'The stage that the user has come to.' }),
    allow_backward: Type.Optional(
      Type.Boolean({ description: 'Without it an earlier stage than the present one changes nothing.' }),
    ),
  },
  { additionalProperties: false },
);
export type ProgressPatch = Static<typeof ProgressPatchSchema>;

const fields = {
  user_id: Type.String(),
  stage: Type.String({ description: 'The present stage; empty before the first.' }),
  stages_reached: Type.Array(Type.Object({ stage: Type.String(), reached_at: Type.String({ format: 'date-time' }) }), {
    description: 'Every stage ever reached, each once, in the order first reached.',
  }),
  updated_at: Type.Optional(
    Type.String({ format: 'date-time', description: 'When the present stage was entered; absent before the first.' }),
  ),
};

export const ProgressSchema = Type.Object(fields, { description: 'How far the user has come.' });
export type ProgressJson = Static<typeof ProgressSchema>;

export const ProgressWrittenSchema = Type.Object(
  {
    ...fields,
    newly_unlocked: Type.Array(Type.String(), { description: 'Keys of the flags that came on through this call.' }),
    newly_locked: Type.Array(Type.String(), { description: 'Keys of the flags that went off through this call.' }),
    consistency_token: Type.String({ description: 'An evaluation that carries it sees at least this write.' }),
  },
  { description: 'How far the user has come now, and what came of it.' },
);
