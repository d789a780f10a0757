/**
 * What the audit log can tell.
 *
 * @module
 */

/** The codes that Turso documents, one of them misspelt there. */
const DOCUMENTED = [
  'user-signup',
  'user-delete',
  'user-token-create',
  'org-create',
  'org-delete',
  'org-plan-update',
  'org-set-overages',
  'org-member-add',
  'org-member-rm',
  'org-member-leave',
  'group-create',
  'group-delete',
  'group-unarchive',
  'group-protect',
  'group-unprotect',
  'group-token-create',
  'db-create',
  'db-delete',
  'db-protect',
  'db-unprotect',
  'db-token-create',
  'db-aunrchive',
  'instance-create',
  'instance-delete',
] as const;

/** Changes that are worth as much, and have no code there. */
const OURS = [
  'account-create',
  'account-link',
  'user-token-revoke',
  'org-update',
  'org-member-update',
  'org-invite-create',
  'org-invite-delete',
  'org-jwks-save',
  'org-jwks-rm',
  'group-rename',
  'group-transfer',
  'group-token-rotate',
  'db-configure',
  'db-transfer',
  'db-token-rotate',
  'db-upload',
  'db-restore',
  'group-restore',
] as const;

export const AUDIT_CODES = [...DOCUMENTED, ...OURS] as const;

export type AuditCode = (typeof AUDIT_CODES)[number];
