import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const instant = (description: string) => Type.String({ format: 'date-time', description });

const JsonValueSchema = Type.Unknown({ description: 'Any JSON.' });
const ConditionsSchema = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  description: 'json-rules-engine JSON: all, any, not, {fact, operator, value}, {condition}; {} is everyone.',
});

const WeightedVariantSchema = Type.Object({ variant: Type.String(), weight: Type.Integer() }, closed);
const VariantSchema = Type.Object({ key: Type.String(), value: JsonValueSchema }, closed);

const RuleFields = {
  name: Type.String(),
  conditions: ConditionsSchema,
  policy: Type.Enum(['LIVE', 'LATCHING'], { description: 'LATCHING: once true for a user, true for good.' }),
  earned_by: Type.Enum(['USER', 'ORGANIZATION'], {
    description: 'ORGANIZATION: an organization earns it as a whole, for all of its members.',
  }),
  rollout: Type.Integer({ description: '0…100000: of how many of 100,000 buckets; 50 % is 50000.' }),
  bucket_by: Type.String({ description: 'user, organization, or attribute:NAME.' }),
  distribution: Type.Array(WeightedVariantSchema, { description: "Empty: the flag's." }),
};

const OnReversalSchema = Type.Enum(['KEEP', 'RELOCK'], {
  description:
    'Of a LATCHING rule, left out for KEEP. RELOCK: an unlock is taken when an event is taken back and the rule does not hold without.',
});

const RuleInputSchema = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        description:
          'Of a rule that the flag has or had, or one of your choice. Left out: the rule of its name, else the one that means the same, else a new one.',
      }),
    ),
    ...Type.Partial(Type.Object(RuleFields)).properties,
    on_reversal: Type.Optional(OnReversalSchema),
  },
  closed,
);

const FlagFields = {
  name: Type.String(),
  description: Type.String(),
  active: Type.Boolean({ description: 'The switch; off: every answer is off with reason DISABLED.' }),
  is_enabled_globally: Type.Boolean({ description: 'On for everyone, unless a row denies.' }),
  type: Type.Enum(['BOOLEAN', 'STRING', 'NUMBER', 'JSON']),
  variants: Type.Array(VariantSchema),
  off_variant: Type.String(),
  distribution: Type.Array(WeightedVariantSchema),
  tags: Type.Array(Type.String()),
  owner: Type.String(),
  delegated: Type.Boolean({ description: 'Organizations may put access rows of their own.' }),
  client_visible: Type.Boolean({ description: 'People see the flag at all.' }),
  archived: Type.Boolean(),
  bucketing: Type.Integer({
    description: 'How distributions choose: 2, or 1 in flags made before; another one draws all users anew.',
  }),
};

const AccessInputSchema = Type.Object(
  {
    user_id: Type.Optional(Type.String()),
    role: Type.Optional(Type.String()),
    organization_id: Type.Optional(
      Type.String({
        description:
          'Beside user_id, where the platform puts the row: the organization that alone may identify the user.',
      }),
    ),
    effect: Type.Optional(Type.Enum(['ALLOW', 'DENY'], { description: 'Left out: ALLOW.' })),
    enabled: Type.Optional(Type.Boolean({ description: 'Left out: true. An inactive row decides nothing.' })),
  },
  { ...closed, description: 'Names a user, a role, an organization, or a role with an organization.' },
);

const nullable = (description: string) =>
  Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description }));

/** The body of a change of a flag. What it leaves out stays as it is. */
export const FlagPatchSchema = Type.Object(
  {
    ...Type.Partial(Type.Object(FlagFields)).properties,
    rules: Type.Optional(
      Type.Array(RuleInputSchema, { description: 'Replaces the whole list; the same one changes nothing.' }),
    ),
    prerequisites: Type.Optional(
      Type.Array(Type.Object({ flag_key: Type.String(), variant: Type.Optional(Type.String()) }, closed)),
    ),
    starts_at: nullable('Off before this instant; null clears it.'),
    ends_at: nullable('Off from this instant on; null clears it.'),
    access: Type.Optional(Type.Array(AccessInputSchema, { description: 'Rows to put.' })),
    remove_access: Type.Optional(Type.Array(AccessInputSchema, { description: 'Rows to drop.' })),
    comment: Type.Optional(Type.String({ description: 'Why, for the audit.' })),
    on_rule_change: Type.Optional(
      Type.Enum(['KEEP', 'RELOCK'], { description: 'What becomes of unlocks whose rule changes its meaning.' }),
    ),
  },
  closed,
);
export type FlagPatch = Static<typeof FlagPatchSchema>;

const FlagSchema = Type.Object({
  id: Type.String(),
  key: Type.String(),
  ...FlagFields,
  rules: Type.Array(Type.Object({ id: Type.String(), ...RuleFields, on_reversal: Type.Optional(OnReversalSchema) })),
  prerequisites: Type.Array(Type.Object({ flag_key: Type.String(), variant: Type.String() })),
  starts_at: Type.Optional(instant('Off before.')),
  ends_at: Type.Optional(instant('Off from then on.')),
  version: Type.Integer({ description: 'One more with each change; the ETag.' }),
  salt: Type.String(),
  created_at: instant('Set by the server.'),
  updated_at: instant('Set by the server.'),
});
export type FlagJson = Static<typeof FlagSchema>;

const AccessRowSchema = Type.Object({
  user_id: Type.String(),
  role: Type.String(),
  organization_id: Type.String(),
  effect: Type.String(),
  enabled: Type.Boolean(),
  managed_by: Type.String({ description: 'The organization whose row it is; empty: the platform.' }),
});
export type AccessRowJson = Static<typeof AccessRowSchema>;

export const FlippedFlagSchema = Type.Object({ user_id: Type.String(), flag_key: Type.String() });

export const FlagWrittenSchema = Type.Object(
  {
    flag: FlagSchema,
    access: Type.Array(AccessRowSchema, { description: 'The rows that were put.' }),
    warnings: Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() })),
    newly_unlocked: Type.Array(FlippedFlagSchema, {
      description: 'Flags that came on for users whose own rows this names. Everybody else is told by streams.',
    }),
    newly_locked: Type.Array(FlippedFlagSchema, { description: 'Likewise, flags that went off.' }),
    consistency_token: Type.String({ description: 'An evaluation that carries it sees at least this write.' }),
  },
  { description: 'The flag as it is now.' },
);
export type FlagWrittenJson = Static<typeof FlagWrittenSchema>;
