import { OPERATIONS } from '../../packages/contract/src/operations/all.ts';
import type { Authority } from '../../packages/contract/src/operations/authority.ts';
import type { Operation } from '../../packages/contract/src/operations/operation.ts';
import { pathsOf } from '../../packages/contract/src/operations/paths.ts';
import { SDK_METHODS } from '../../tests/clients/sdk-methods.ts';
import { WITHOUT_EXAMPLE } from '../../tests/examples/story.ts';
import { exampleText, readExamples } from './examples.ts';
import { code, heading, plain, table } from './markdown.ts';

const INTRODUCTION = `
What the Platform API answers, on the bare address of the server, as the official SDK and CLI call it. Every request but
the public ones has the header \`Authorization: Bearer <API token>\`. Bodies are JSON whatever the content type says; an
absent body is read as \`{}\`, and unknown fields are ignored. A success is 200, an error has the body
\`{"error": message, "code": code}\` ([errors](errors.md)).

Where the path has an organization, a member of it may call, with at least the role named; a token restricted to a group
needs the scope too. Paths without the organization mean your personal one. Below \`/v3\` databases and groups are named
by their UUID.

The examples are one story, played against a real server (\`npm run examples\`, \`tests/examples/story.ts\`) and played again
by a test; ids, secrets and times are masked, and of a list's elements with the same form only the first is shown. As
data: [api-examples.json](api-examples.json).
`;

/** docs/api.md */
export function apiPage(): string {
  // In an order of its own: that of a module's exports differs between Node and the test runner.
  const operations = OPERATIONS.toSorted(
    (a, b) => compare(a.tag, b.tag) || compare(a.path, b.path) || compare(a.id, b.id),
  );
  const examples = new Map(
    readExamples()
      .toReversed()
      .map((example) => [example.operation, exampleText(example)]),
  );
  const tags = [...Map.groupBy(operations, ({ tag }) => tag)];
  const sections = tags.map(
    ([tag, list]) => `## ${tag}\n\n${list.map((one) => entry(one, examples.get(one.id))).join('\n\n')}`,
  );
  return [heading('Platform API', 'packages/contract/src/operations/'), INTRODUCTION, ...sections, sdkTable()]
    .map((part) => part.trim())
    .join('\n\n')
    .concat('\n');
}

/** Checked by tests/clients/turso-api.test.ts against the requests that the SDK makes. */
function sdkTable(): string {
  const rows = SDK_METHODS.toSorted((a, b) => compare(a.name, b.name)).map(({ name, operation }) => [
    code(name),
    `[${operation}](#${operation.toLowerCase()})`,
  ]);
  const note = 'Methods of `@tursodatabase/api`. `locations.closest` asks `region.turso.io`, whatever the base URL is.';
  return `## The SDK's methods\n\n${note}\n\n${table(['method', 'operation'], rows)}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param example of the story, its first where it has several */
function entry(operation: Operation, example: string | undefined): string {
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
    '',
    example ?? `No example: ${WITHOUT_EXAMPLE[id] ?? 'not recorded yet'}`,
  ].join('\n');
}

function who(authority: Authority): string {
  switch (authority.kind) {
    case 'public':
      return 'anybody';
    case 'caller':
      if (authority.operator === true) {
        return 'the operator: the owner that the first start made, with a token that is not restricted';
      }
      return authority.unrestricted ? 'you, with a token that is not restricted' : 'you';
    case 'organization':
      return `role ${authority.role}${authority.scope === null ? '' : `, scope ${code(authority.scope)}`}`;
  }
}
