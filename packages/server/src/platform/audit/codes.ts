import { AUDIT_CODES, type AuditCode } from '@skerry/contract/audit-codes';

export function knownCode(code: string): AuditCode {
  const known = AUDIT_CODES.find((candidate) => candidate === code);
  if (known === undefined) {
    throw new Error(`the audit log has an entry with the unknown code ${code}`);
  }
  return known;
}
