import { type Static, Type } from 'typebox';
import { REASONS } from '../../core/deciding/decision.js';

export const UserIdParameter = Type.Optional(
  Type.String({ description: 'For machine tokens: whose. People name nobody but themselves.' }),
);

export const UserFlagsQuerySchema = Type.Object({
  all: Type.Optional(
    Type.Enum(['true', 'false'], { description: 'true: everything visible, not only what is enabled.' }),
  ),
  user_id: UserIdParameter,
  consistency_token: Type.Optional(
    Type.String({ description: "A write's token: the answer is no older. Also as the header Consistency-Token." }),
  ),
});
export type UserFlagsQuery = Static<typeof UserFlagsQuerySchema>;

export const UserFlagsHeadersSchema = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'The ETag of an earlier answer.' })),
  'consistency-token': Type.Optional(Type.String()),
});

export const UserFlagsSchema = Type.Object(
  {
    flags: Type.Array(
      Type.Object({
        key: Type.String(),
        name: Type.String(),
        enabled: Type.Boolean(),
        variant: Type.String(),
        value: Type.Unknown({ description: "The variant's value: any JSON." }),
        reason: Type.Enum([...REASONS]),
        valid_until: Type.Optional(
          Type.String({ description: 'RFC 3339. Time alone changes this answer no earlier; absent: it cannot.' }),
        ),
      }),
    ),
    stale: Type.Optional(
      Type.Boolean({ description: 'true: the store was away, and the answer rests on what was known.' }),
    ),
  },
  { description: 'The flags, by key.' },
);
export type UserFlagsJson = Static<typeof UserFlagsSchema>;
