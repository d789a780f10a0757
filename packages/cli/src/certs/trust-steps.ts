/**
 * How a machine, and programs that have a list of their own, come to trust an authority.
 *
 * @module
 */

/** @param platform as Node names it */
export function trustSteps(authorityPath: string, platform: NodeJS.Platform): string {
  const file = `"${authorityPath}"`;
  const machine = MACHINES[platform] ?? MACHINES.linux;
  return [
    'Let this machine trust it, once:',
    ...(machine ?? []).map(([system, command]) => `  ${system.padEnd(18)}${command.replaceAll('{}', file)}`),
    'Or single programs:',
    ...PROGRAMS.map(([program, command]) => `  ${program.padEnd(18)}${command.replaceAll('{}', file)}`),
  ].join('\n');
}

const MACHINES: Readonly<Partial<Record<NodeJS.Platform, readonly (readonly [string, string])[]>>> = {
  linux: [
    ['Debian, Ubuntu', 'sudo cp {} /usr/local/share/ca-certificates/skerry.crt && sudo update-ca-certificates'],
    ['Fedora, RHEL', 'sudo cp {} /etc/pki/ca-trust/source/anchors/skerry.pem && sudo update-ca-trust'],
    ['Arch', 'sudo trust anchor --store {}'],
  ],
  darwin: [['macOS', 'sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {}']],
  win32: [['Windows', 'certutil -addstore -f ROOT {}']],
};

const PROGRAMS = [
  ['Node', 'export NODE_EXTRA_CA_CERTS={}'],
  ['curl', 'curl --cacert {} …'],
  ['Go, on Linux', 'export SSL_CERT_FILE={}   (the turso CLI too; in place of the system’s)'],
  ['Python', 'export SSL_CERT_FILE={}   (requests: REQUESTS_CA_BUNDLE)'],
  ['Firefox', 'Settings, Certificates, Authorities, Import'],
] as const;
