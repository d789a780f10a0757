import { expect, test } from 'vitest';

import {
  choice,
  clientPlace,
  count,
  countOrAuto,
  domain,
  duration,
  type Kind,
  latency,
  listenAddress,
  location,
  size,
  slug,
} from './kinds.ts';

const level = choice('full', 'normal');

test.each<[string, Kind<unknown>, string, unknown]>([
  ['duration in milliseconds', duration, '250ms', 250],
  ['duration in seconds', duration, '5s', 5000],
  ['duration with a fraction', duration, '1.5m', 90_000],
  ['duration in hours', duration, '1h', 3_600_000],
  ['size in decimal units', size, '10MB', 10_000_000],
  ['size in binary units', size, '1.5GiB', 1_610_612_736],
  ['size in bytes', size, '512b', 512],
  ['port alone', listenAddress, '9000', { host: '127.0.0.1', port: 9000 }],
  ['colon and port', listenAddress, ':9000', { host: '127.0.0.1', port: 9000 }],
  ['host name and port', listenAddress, 'db.example.org:80', { host: 'db.example.org', port: 80 }],
  ['IPv6 address and port', listenAddress, '[::1]:0', { host: '::1', port: 0 }],
  ['domain in capitals', domain, 'DB.Example.org', 'db.example.org'],
  ['slug', slug, 'my-team', 'my-team'],
  ['count', count, '12', 12],
  ['count left to the program', countOrAuto, 'auto', 'auto'],
  ['choice', level, 'normal', 'normal'],
  ['location', location, 'fra=Frankfurt, a = b', { code: 'fra', description: 'Frankfurt, a = b' }],
  ['latency', latency, 'lhr=80ms, fra=0.5s', { lhr: 80, fra: 500 }],
  ['client place', clientPlace, '2001:db8::/32=fra', { range: '2001:db8::/32', location: 'fra' }],
  ['no latency', latency, 'none', {}],
  ['location without a description', location, 'fra', { code: 'fra', description: 'fra' }],
])('%s is read', (_name, kind, text, value) => {
  expect(kind.parse(text)).toEqual(value);
});

test.each<[string, Kind<unknown>, string]>([
  ['duration without a unit', duration, '5'],
  ['duration of nothing', duration, '0s'],
  ['negative duration', duration, '-5s'],
  ['duration longer than a timer holds', duration, '1000h'],
  ['duration in a unit of Object.prototype', duration, '5constructor'],
  ['size without a unit', size, '10'],
  ['size in an unknown unit', size, '10constructor'],
  ['port out of range', listenAddress, '127.0.0.1:65536'],
  ['IPv6 address without brackets', listenAddress, '::1:8080'],
  ['address without a port', listenAddress, '127.0.0.1'],
  ['domain with an underscore', domain, 'a_b.org'],
  ['domain with an empty label', domain, 'a..org'],
  ['slug with capitals', slug, 'Team'],
  ['slug that ends in a dash', slug, 'team-'],
  ['count of zero', count, '0'],
  ['count with a fraction', countOrAuto, '1.5'],
  ['unknown choice', level, 'off'],
  ['location whose code parts an address', location, 'eu--west=x'],
  ['location without a code', location, '=x'],
  ['latency without a unit', latency, 'lhr=80'],
  ['latency without a location', latency, '80ms'],
])('%s is refused with what is expected', (_name, kind, text) => {
  expect(() => kind.parse(text)).toThrow(/^expected /);
});
