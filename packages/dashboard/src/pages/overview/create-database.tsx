import { createDatabase } from '@skerry/contract/operations/databases';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { DatabaseImport, FileRefusedError } from '../../data/import-database.ts';
import { groupsQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { formatBytes } from '../../lib/format.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';

/** An empty database, or one made of a file: a SQLite database or a dump. Closing it ends an upload. */
export function CreateDatabase({ org, onClose }: { readonly org: string; readonly onClose: () => void }): ReactNode {
  const { api, databases } = useApp();
  const navigate = useNavigate();
  const groups = useQuery(groupsQuery(api, org));
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState('');
  const [file, setFile] = useState<File>();
  const [sentBytes, setSentBytes] = useState<number>();
  const upload = useRef<AbortController>(undefined);
  useEffect(() => () => upload.current?.abort(), []);
  const group = chosen === '' ? (groups.data?.[0]?.name ?? '') : chosen;
  const create = useAction({
    run: async () => {
      const wanted = { name: name.trim(), group };
      if (file === undefined) {
        await api.call(createDatabase, { params: { organizationSlug: org }, body: wanted });
      } else {
        upload.current = new AbortController();
        const options = { signal: upload.current.signal, onProgress: setSentBytes };
        await new DatabaseImport(api, databases).run({ org, ...wanted }, file, options);
      }
      return wanted.name;
    },
    refresh: [['org', org]],
    isFailureShown: true,
    after: async (database) => {
      onClose();
      await navigate({ to: '/o/$org/databases/$database', params: { org, database } });
    },
  });
  const isAboutFile = create.error instanceof FileRefusedError;
  const failure = create.error === null ? undefined : messageOf(create.error);
  return (
    <FormDialog
      title="New database"
      submit="Create database"
      isBusy={create.isPending}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextField
        label="Name"
        hint="Lower-case letters, digits and dashes."
        value={name}
        autoFocus
        required
        error={isAboutFile ? undefined : failure}
        onChange={(event) => {
          create.reset();
          setName(event.target.value);
        }}
      />
      <SelectField label="Group" value={group} onChange={(event) => setChosen(event.target.value)}>
        {(groups.data ?? []).map(({ name: option, locations }) => (
          <option key={option} value={option}>
            {option} ({locations.join(', ')})
          </option>
        ))}
      </SelectField>
      <TextField
        label="Content (optional)"
        type="file"
        hint="A SQLite database, or what sqlite3 .dump writes. Without a file, the database is empty."
        error={isAboutFile ? failure : undefined}
        disabled={create.isPending}
        onClick={(event) => {
          // Or choosing the same file again, after it was mended, would be no change.
          event.currentTarget.value = '';
          setFile(undefined);
        }}
        onChange={(event) => {
          create.reset();
          setFile(event.target.files?.[0]);
        }}
      />
      {create.isPending && file !== undefined && (
        <div role="status" className="row">
          <progress max={file.size} value={sentBytes} aria-label="Sent" />
          <span className="small">
            {sentBytes === undefined
              ? `Loading ${formatBytes(file.size)}`
              : `${formatBytes(sentBytes)} of ${formatBytes(file.size)}`}
          </span>
        </div>
      )}
    </FormDialog>
  );
}
