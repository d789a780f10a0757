import { geoEqualEarth, geoPath } from 'd3-geo';
import { type ReactNode, useMemo } from 'react';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import land from 'world-atlas/land-110m.json';

import { placeOf } from '../../lib/places.ts';

export interface MapLocation {
  readonly code: string;
  readonly description: string;
  readonly role: 'primary' | 'replica' | 'free';
}

const WIDTH = 960;
/** Without Antarctica, where nobody keeps a server. */
const HEIGHT = 440;

const topology = land as unknown as Topology<{ land: GeometryCollection }>;

/** Coastlines (Natural Earth, public domain) with the locations that have a place on Earth. */
export function WorldMap({ locations }: { readonly locations: readonly MapLocation[] }): ReactNode {
  const { coast, project } = useMemo(() => {
    const projection = geoEqualEarth()
      .scale(177)
      .translate([WIDTH / 2, 250]);
    const path = geoPath(projection).digits(1);
    return { coast: path(feature(topology, topology.objects.land)) ?? '', project: projection };
  }, []);
  const points = locations.flatMap((location) => {
    const place = placeOf(location.code);
    const at = place === undefined ? null : project([place.longitude, place.latitude]);
    return at === null ? [] : [{ ...location, x: at[0], y: at[1] }];
  });
  const primary = points.find(({ role }) => role === 'primary');
  const used = points.filter(({ role }) => role !== 'free');
  return (
    <svg
      className="world"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Map: ${used.map(({ description, role }) => `${description}, ${role}`).join('; ') || 'no location with a known place'}`}
    >
      <path className="world-coast" d={coast} />
      {primary !== undefined &&
        used
          .filter(({ role }) => role === 'replica')
          .map(({ code, x, y }) => (
            <path
              key={code}
              className="world-flow"
              d={`M${primary.x},${primary.y} Q${(primary.x + x) / 2},${Math.min(primary.y, y) - 40 - Math.abs(x - primary.x) / 8} ${x},${y}`}
            />
          ))}
      {points.map(({ code, role, x, y, description }) => (
        <g key={code} className={`world-${role}`} transform={`translate(${x},${y})`}>
          <title>{description}</title>
          <circle r={role === 'free' ? 3 : 6} />
          {role !== 'free' && (
            <text x={x > WIDTH - 160 ? -12 : 12} y={5} textAnchor={x > WIDTH - 160 ? 'end' : 'start'}>
              {code}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}
