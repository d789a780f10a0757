import './group.css';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { databasesQuery, groupQuery, locationsQuery } from '../../data/queries.ts';
import { plural } from '../../lib/format.ts';
import { placeOf } from '../../lib/places.ts';
import { Loaded } from '../../ui/failure.tsx';
import { Badge, Empty, PageHead, Panel } from '../../ui/panel.tsx';
import { GroupSettings } from './group-settings.tsx';
import { GroupTokens } from './group-tokens.tsx';
import { LocationList } from './location-list.tsx';
import { WorldMap } from './world-map.tsx';

export function GroupPage(): ReactNode {
  const { org, group: name } = useParams({ from: '/signed-in/o/$org/groups/$group' });
  const { api } = useApp();
  const group = useQuery(groupQuery(api, org, name));
  const { data: locations = {} } = useQuery(locationsQuery(api));
  const databases = useQuery(databasesQuery(api, org));
  const inGroup = databases.data?.filter((database) => database.group === name);
  return (
    <div className="stack" key={name}>
      <Loaded query={group} lines={6}>
        {(shown) => (
          <>
            <PageHead
              title={name}
              lead={
                <>
                  Group with {plural(shown.locations.length, 'location')}
                  {inGroup !== undefined && ` and ${plural(inGroup.length, 'database')}`}{' '}
                  {shown.delete_protection && <Badge tone="accent">protected</Badge>}
                </>
              }
            />
            <div className="columns">
              <Panel title="Locations" isFlush>
                {shown.locations.some((code) => placeOf(code) !== undefined) && (
                  <WorldMap
                    locations={Object.entries(locations).map(([code, description]) => ({
                      code,
                      description,
                      role: code === shown.primary ? 'primary' : shown.locations.includes(code) ? 'replica' : 'free',
                    }))}
                  />
                )}
                <LocationList org={org} group={shown} locations={locations} />
              </Panel>
              <div className="stack">
                <GroupTokens org={org} group={name} />
                <GroupSettings org={org} group={shown} databases={inGroup?.length ?? 0} />
              </div>
            </div>
            <Panel title="Databases" isFlush>
              {inGroup?.length === 0 ? (
                <Empty title="No databases in this group" />
              ) : (
                <table className="table">
                  <tbody>
                    {inGroup?.slice(0, 100).map((database) => (
                      <tr key={database.DbId}>
                        <td>
                          <Link to="/o/$org/databases/$database" params={{ org, database: database.Name }}>
                            {database.Name}
                          </Link>
                        </td>
                        <td className="muted">{database.parent === null ? '' : `branch of ${database.parent.name}`}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
            </Panel>
          </>
        )}
      </Loaded>
    </div>
  );
}
