import { COPY_ERRORS } from '../../packages/contract/src/errors/copy-errors.ts';
import { DATA_PLANE_ERRORS } from '../../packages/contract/src/errors/data-plane-errors.ts';
import type { ErrorEntry } from '../../packages/contract/src/errors/entry.ts';
import { PEOPLE_ERRORS } from '../../packages/contract/src/errors/people-errors.ts';
import { PLATFORM_ERRORS } from '../../packages/contract/src/errors/platform-errors.ts';
import { SERVER_DATA_PLANE_ERRORS, SERVER_PLATFORM_ERRORS } from '../../packages/contract/src/errors/server-errors.ts';
import { STORE_ERRORS } from '../../packages/contract/src/errors/store-errors.ts';
import { code, heading, table } from './markdown.ts';

const INTRODUCTION = `
An error has a stable code, a message and an HTTP status. Match on the code. Its meaning never changes and it is never
used again for something else. In messages, \`{name}\` stands for a value.
`;

const PLATFORM = `
## Platform API

The body is \`{"error": message, "code": code}\`.
`;

const DATA_PLANE = `
## Address of a database

An HTTP error has the body \`{"message", "code", "error"}\`. An error of one statement is inside a result with status 200,
as the protocol has it: \`{"type": "error", "error": {"message", "code"}}\`; the status below then is not sent. Codes that
begin with \`SQLITE_\` and are not listed here are SQLite's own and come with SQLite's text.
`;

/** docs/errors.md */
export function errorsPage(): string {
  return [
    heading('Errors', 'packages/contract/src/errors/'),
    INTRODUCTION,
    PLATFORM,
    entries({ ...PLATFORM_ERRORS, ...PEOPLE_ERRORS, ...SERVER_PLATFORM_ERRORS, ...STORE_ERRORS, ...COPY_ERRORS }),
    DATA_PLANE,
    entries({ ...DATA_PLANE_ERRORS, ...SERVER_DATA_PLANE_ERRORS }),
  ]
    .map((part) => part.trim())
    .join('\n\n')
    .concat('\n');
}

function entries(errors: Readonly<Record<string, ErrorEntry>>): string {
  return table(
    ['code', 'status', 'message', 'what to do'],
    Object.entries(errors).map(([name, { status, message, remedy }]) => [
      code(name),
      String(status),
      code(message),
      remedy,
    ]),
  );
}
