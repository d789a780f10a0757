import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/locations';

import { compileAddressRules } from '../../access/allowed-addresses.ts';
import type { ClientLocation } from '../../config.ts';
import type { Router } from '../http/router.ts';

/**
 * @param locations code → description; the first is the closest to whoever no place is named for
 * @param places which location is closest to whom
 */
export function locationRoutes(
  router: Router,
  locations: ReadonlyMap<string, string>,
  places: readonly ClientLocation[],
): void {
  const all = [...locations].map(([code, description]) => ({ code, description }));
  const compiled = places.map(({ range, location }) => ({ holds: compileAddressRules([range]), location }));

  router.handle(operations.listLocations, () => ({ locations: Object.fromEntries(locations) }));

  router.handle(operations.listLocationsByPlatform, () => {
    const platforms = Map.groupBy(all, ({ code }) => platformOf(code));
    return {
      locations: Object.fromEntries(
        [...platforms].map(([platform, members]) => [
          platform,
          Object.fromEntries(members.map(({ code, description }) => [code, description])),
        ]),
      ),
    };
  });

  router.handle(operations.getLocation, ({ params }) => {
    const location = all.find(({ code }) => code === params.location);
    if (location === undefined) {
      throw new SkerryError('location_not_found', { location: params.location });
    }
    return { location: { ...location, closest: all.filter(({ code }) => code !== location.code) } };
  });

  router.handle(operations.getClosestLocation, ({ visitor }) => {
    const server = all[0]?.code ?? '';
    return { server, client: compiled.find(({ holds }) => holds(visitor.address))?.location ?? server };
  });
}

/** The platforms that the CLI knows. `local` makes it use plain http, and is its default location. */
function platformOf(code: string): 'aws' | 'fly' | 'local' {
  if (code.startsWith('aws-')) {
    return 'aws';
  }
  return /^[a-z]{3}$/.test(code) ? 'fly' : 'local';
}
