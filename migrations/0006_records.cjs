const { createTable, noWayBack, seedRow } = require('./schema/create-table.cjs');

/** The outbox of changes, the audit, versions of the configuration, and machine tokens. */
exports.up = async function up(knex) {
  await createTable(knex, {
    name: 'outbox',
    counted: true,
    columns: {
      part: 'SMALLINT NOT NULL',
      user_id: 'VARCHAR(191) NOT NULL',
      batch: 'VARCHAR(64) NOT NULL',
      changed_at: 'BIGINT NOT NULL',
      payload: 'MEDIUMTEXT NOT NULL',
    },
    primary: ['id'],
    indexes: { outbox_batch: ['batch'], outbox_changed_at: ['changed_at'] },
  });
  await createTable(knex, {
    name: 'audit',
    counted: true,
    columns: {
      at: 'BIGINT NOT NULL',
      actor: 'VARCHAR(255) NOT NULL',
      // The organization that the actor was confined to; '' for the platform.
      actor_organization: "VARCHAR(128) NOT NULL DEFAULT ''",
      action: 'VARCHAR(128) NOT NULL',
      target: 'VARCHAR(255) NOT NULL',
      state_before: 'MEDIUMTEXT NOT NULL',
      state_after: 'MEDIUMTEXT NOT NULL',
      request_id: 'VARCHAR(255) NOT NULL',
      comment: 'TEXT NOT NULL',
    },
    primary: ['id'],
    indexes: { audit_target: ['target', 'id'], audit_actor: ['actor', 'id'], audit_at: ['at', 'id'] },
  });
  await createTable(knex, {
    // By what an entry is found, and erased: the flags, users, organizations, … that it is about.
    name: 'audit_subjects',
    columns: { kind: 'VARCHAR(32) NOT NULL', subject: 'VARCHAR(255) NOT NULL', audit_id: 'BIGINT NOT NULL' },
    primary: ['kind', 'subject', 'audit_id'],
    indexes: { audit_subjects_entry: ['audit_id'] },
  });
  await createTable(knex, {
    name: 'versions',
    columns: {
      // `flag`, `segment`, `stages`, `roles`.
      kind: 'VARCHAR(16) NOT NULL',
      // The id of the flag or segment, or the organization's.
      id: 'VARCHAR(128) NOT NULL',
      version: 'BIGINT NOT NULL',
      at: 'BIGINT NOT NULL',
      actor: 'VARCHAR(255) NOT NULL',
      actor_organization: "VARCHAR(128) NOT NULL DEFAULT ''",
      request_id: 'VARCHAR(255) NOT NULL',
      comment: 'TEXT NOT NULL',
      // JSON, whole.
      state: 'MEDIUMTEXT NOT NULL',
    },
    primary: ['kind', 'id', 'version'],
    indexes: { versions_actor: ['actor', 'kind', 'id', 'version'] },
  });
  await createTable(knex, {
    name: 'tokens',
    columns: {
      id: 'VARCHAR(64) NOT NULL',
      name: 'TEXT NOT NULL',
      hash: 'VARCHAR(64) NOT NULL',
      scopes: 'TEXT NOT NULL',
      organization_id: 'VARCHAR(128) NOT NULL',
      created_at: 'BIGINT NOT NULL',
      expires_at: 'BIGINT',
      revoked_at: 'BIGINT',
      last_used_at: 'BIGINT',
      // Of a session alone: the token that it was exchanged for, '' for a JWT, and then whose that was.
      parent_id: 'VARCHAR(64)',
      user_id: 'VARCHAR(191)',
    },
    primary: ['id'],
    unique: { tokens_hash: ['hash'] },
    indexes: { tokens_parent: ['parent_id', 'user_id'], tokens_user: ['user_id'] },
  });
  // Servers hold all tokens, and read them anew when it is another.
  await seedRow(knex, 'meta', { name: 'tokens_version' }, { value: '' });
};

exports.down = noWayBack;
