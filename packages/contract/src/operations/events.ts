/**
 * The one operation that does not end by itself: its answer is a stream of server-sent events (HTML standard,
 * `text/event-stream`). The schema of the response is that of one event's data.
 *
 * @module
 */
import { AuditLog } from './audit-logs.ts';
import { inOrganization } from './authority.ts';
import { operation } from './operation.ts';

/** Without the change's author and data, which are for admins. */
export const ChangeEvent = AuditLog.pick({ code: true, created_at: true }).meta({ id: 'ChangeEvent' });

export const listenToEvents = operation({
  id: 'listenToEvents',
  tag: 'Audit log',
  summary:
    'Tells each change in the organization while the request is open, as server-sent events: `event: change`, `data:` as below. Ends when the token or the membership does.',
  method: 'GET',
  path: '/v1/organizations/{organizationSlug}/events',
  authority: inOrganization('viewer', null),
  response: ChangeEvent,
});
