/**
 * `skerry certs`: a certificate for the server, of a local authority, and how clients come to trust that.
 *
 * @module
 */
import process from 'node:process';

import { keepCertificate, type Kept } from '../certs/keep.ts';
import { trustSteps } from '../certs/trust-steps.ts';
import type { Command } from '../command.ts';
import { EXIT_CODES, UsageError } from '../errors.ts';
import { resolveOptions } from '../options/resolve.ts';
import { serverFlags } from './start.ts';

/** Of a host, without a star. */
const NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$|^[0-9a-f:.]+$/i;

export const certsCommand: Command = {
  name: 'certs',
  summary: 'Make a certificate for the server, of a local authority, and say how to trust it.',
  arguments: [],
  flags: [
    ...serverFlags(['dataDir', 'domain']),
    {
      name: 'name',
      metavar: 'name|address',
      help: 'Also for this host name or address; repeat for more. (default: as before)',
      isRepeatable: true,
    },
    { name: 'renew', help: 'Make a new certificate, although the old one is good.' },
    { name: 'json', help: 'Print the files and what was done as JSON.' },
  ],
  notes:
    'Everything is in the folder tls of the data folder. "skerry start --tls local" serves with it.\n' +
    'Run it again at any time: what is good stays; within 30 days of its end the certificate is renewed,\n' +
    'and a running server reads it by itself. The authority lasts ten years and vouches for these names only.',
  async run({ flags: { name, renew, json, ...flags } }, terminal) {
    const { dataDir, domain } = resolveOptions(flags, terminal.environment);
    const more = Array.isArray(name) ? name.map(String) : undefined;
    const wrong = more?.find((one) => !NAME.test(one));
    if (wrong !== undefined) {
      throw new UsageError(`${wrong} is no host name and no address.`);
    }
    const kept = await keepCertificate(dataDir, domain, Date.now(), { more, renew: renew === true });
    terminal.out(json === true ? `${JSON.stringify(kept, undefined, 2)}\n` : report(kept, domain));
    return EXIT_CODES.ok;
  },
};

function report({ files, names, validTo, isNewAuthority, isNewCertificate }: Kept, domain: string): string {
  const until = validTo.toISOString().slice(0, 10);
  const paragraphs = [
    `${isNewCertificate ? 'Made a certificate' : 'The certificate is good'}: valid until ${until}, for ${names.join(', ')}\n` +
      `  ${files.certificate}\n  ${files.key}`,
    `${isNewAuthority ? 'Made an authority, which clients have to trust' : 'Its authority is the same as before'}:\n` +
      `  ${files.authority}`,
    ...(domain.includes('.') ? [] : [wildcardHint(domain)]),
    `Serve with it:\n  skerry start --tls local`,
    trustSteps(files.authority, process.platform),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function wildcardHint(domain: string): string {
  return (
    `Most clients refuse a wildcard directly below ${domain}. Reach databases by their path, https://${domain}:8080/db/…,\n` +
    `or take a domain of two parts, here and at the start: --domain skerry.${domain}`
  );
}
