import { OPERATIONS } from '../../packages/contract/src/operations/all.ts';
import type { Authority } from '../../packages/contract/src/operations/authority.ts';
import type { Operation } from '../../packages/contract/src/operations/operation.ts';
import { pathsOf } from '../../packages/contract/src/operations/paths.ts';
import { code, heading, plain } from './markdown.ts';

const INTRODUCTION = `
What the Platform API answers, on the bare address of the server, as the official SDK and CLI call it. Every request but
the public ones has the header \`Authorization: Bearer <API token>\`. Bodies are JSON whatever the content type says; an
absent body is read as \`{}\`, and unknown fields are ignored. A success is 200, an error has the body
\`{"error": message, "code": code}\` ([errors](errors.md)).

Where the path has an organization, a member of it may call, with at least the role named; a token restricted to a group
needs the scope too. Paths without the organization mean your personal one. Below \`/v3\` databases and groups are named
by their UUID.
`;

/** docs/api.md */
export function apiPage(): string {
  // In an order of its own: that of a module's exports differs between Node and the test runner.
  const operations = OPERATIONS.toSorted(
    (a, b) => compare(a.tag, b.tag) || compare(a.path, b.path) || compare(a.id, b.id),
  );
  const tags = [...Map.groupBy(operations, ({ tag }) => tag)];
  const sections = tags.map(([tag, list]) => `## ${tag}\n\n${list.map(entry).join('\n\n')}`);
  return [heading('Platform API', 'packages/contract/src/operations/'), INTRODUCTION, ...sections]
    .map((part) => part.trim())
    .join('\n\n')
    .concat('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function entry(operation: Operation): string {
  const { id, method, path, summary, authority, errors } = operation;
  const others = pathsOf(operation)
    .map((other) => other.path)
    .filter((other) => other !== path);
  return [
    `### ${id}`,
    '',
    code(`${method} ${path}`),
    '',
    plain(summary),
    '',
    `- Who: ${who(authority)}`,
    ...(others.length === 0 ? [] : [`- Also at: ${others.map(code).join(', ')}`]),
    ...(errors.length === 0 ? [] : [`- Errors of its own: ${errors.map(code).join(', ')}`]),
  ].join('\n');
}

function who(authority: Authority): string {
  switch (authority.kind) {
    case 'public':
      return 'anybody';
    case 'caller':
      return authority.unrestricted ? 'you, with a token that is not restricted' : 'you';
    case 'organization':
      return `role ${authority.role}${authority.scope === null ? '' : `, scope ${code(authority.scope)}`}`;
  }
}
