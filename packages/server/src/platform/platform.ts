/**
 * Composes the control plane: what it is given, what it offers.
 *
 * @module
 */
import type { Hono } from 'hono';
import type { Logger } from 'pino';

import { Passwords } from '../access/passwords.ts';
import type { ServerConfig } from '../config.ts';
import type { Engine } from '../placement/engine.ts';
import type { Store } from '../store/store.ts';
import { accountRoutes } from './accounts/routes.ts';
import { AccountService } from './accounts/service.ts';
import type { Addresses } from './addresses.ts';
import { organizationApiTokenRoutes } from './api-tokens/organization-routes.ts';
import { apiTokenRoutes } from './api-tokens/routes.ts';
import { ApiTokenService } from './api-tokens/service.ts';
import { eventRoutes } from './audit/events.ts';
import { AuditNews } from './audit/news.ts';
import { auditRoutes } from './audit/routes.ts';
import type { BackupControl } from './backup/control.ts';
import { backupRoutes } from './backup/routes.ts';
import { billingRoutes } from './billing/routes.ts';
import { bootstrap } from './bootstrap.ts';
import { databaseTokenRoutes } from './database-tokens/routes.ts';
import { DatabaseTokenService } from './database-tokens/service.ts';
import { applyNotedPolicies } from './databases/policy.ts';
import { databaseFormalities, databaseRoutes } from './databases/routes.ts';
import { DatabaseService } from './databases/service.ts';
import type { Directory } from './directory.ts';
import { documentRoutes } from './documents/routes.ts';
import type { DumpFiles } from './dumps/dump-files.ts';
import { dumpRoutes } from './dumps/routes.ts';
import { DumpService } from './dumps/service.ts';
import { GroupLocks } from './group-locks.ts';
import { groupFormalities, groupRoutes } from './groups/routes.ts';
import { GroupService } from './groups/service.ts';
import { Gate } from './http/gate.ts';
import { Router } from './http/router.ts';
import { instanceRoutes } from './instances/routes.ts';
import { InstanceService } from './instances/service.ts';
import { inviteRoutes } from './invites/routes.ts';
import { InviteService } from './invites/service.ts';
import { jwksRoutes } from './jwks/routes.ts';
import { JwksService } from './jwks/service.ts';
import { locationRoutes } from './locations/routes.ts';
import { memberRoutes } from './members/routes.ts';
import { MemberService } from './members/service.ts';
import { organizationRoutes } from './organizations/routes.ts';
import { OrganizationService } from './organizations/service.ts';
import { Identities } from './pages/identities.ts';
import { OIDC_PATHS, OidcSignIn } from './pages/oidc.ts';
import { pageRoutes } from './pages/routes.ts';
import { SealedCookie } from './pages/sealed-cookie.ts';
import type { Parts } from './parts.ts';
import { keepTidy, recover } from './recovery.ts';
import { releaseRoutes } from './releases/routes.ts';
import { Removals } from './removals.ts';
import { sweepDeleted } from './restore/records.ts';
import { restoreRoutes } from './restore/routes.ts';
import { RestoreService } from './restore/service.ts';
import { Attempts } from './sessions/attempts.ts';
import { inMemory, inStore } from './sessions/counters.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { SessionService } from './sessions/service.ts';
import { StoredDirectory } from './stored-directory.ts';
import { transferRoutes } from './transfers/routes.ts';
import { TransferService } from './transfers/service.ts';
import { UsageHistory } from './usage/history.ts';
import { type QuerySample, UsageRecorder, type UsageSample } from './usage/recorder.ts';
import { usageRoutes } from './usage/routes.ts';
import { UsageService } from './usage/service.ts';
import { userRoutes } from './users/routes.ts';

const TIDY_MS = 5_000;

export interface PlatformOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly config: Pick<
    ServerConfig,
    'owner' | 'locations' | 'clientLocations' | 'dumpSources' | 'signIn' | 'deletedRetentionMs'
  >;
  /** Replaced in tests, where the cost of a real hash is no part of what is tested. */
  readonly passwords?: Passwords;
  readonly attempts?: Attempts;
  readonly addresses: Addresses;
  /** Undefined: nothing is backed up. */
  readonly backup?: BackupControl | undefined;
  readonly dumps: DumpFiles;
  readonly log: Logger;
  /** Milliseconds since 1970; replaced in tests. */
  readonly now?: () => number;
  /** Between two looks at what other processes, or this one, left unfinished. */
  readonly tidyMs?: number;
}

export interface Bootstrap {
  /** In clear, only when this call made it: the store keeps a hash. */
  readonly newApiToken: string | undefined;
}

export interface Platform {
  /**
   * Answers everything on the bare address that begins with /v1/, /v2/, /v3/ or /auth/, or is /releases/latest; and, for
   * Turso's CLI, / and /signup with a query that has `redirect`, and /static/style.v2.css.
   */
  readonly app: Hono;
  readonly directory: Directory;
  /**
   * Makes owner, personal organization, default group and first API token if the store is empty. Safe to repeat.
   * `keepToken` is awaited before the token's record is written: a crash between the two leaves a token in the file
   * that nobody has, which the next start replaces, and never a record whose token is lost.
   */
  bootstrap(keepToken: (token: string) => Promise<void>): Promise<Bootstrap>;
  /**
   * Finishes or undoes what a crash left behind, then and from then on. Needs a working engine; call before requests
   * are served.
   */
  recover(): Promise<void>;
  /** A server is back: tells it what the records say, before anybody is let through to it. Never rejects. */
  serverIsBack(location: string): Promise<void>;
  /** Removes what can be restored no longer; happens by itself now and then. */
  tidy(): Promise<void>;
  /** The gateway tells that the file for a database with `awaitingUpload` is in place. */
  uploadFinished(databaseId: string): Promise<void>;
  /** Cheap and synchronous; written to the store in batches. */
  recordUsage(sample: UsageSample): void;
  recordQuery(sample: QuerySample): void;
  /** Ends the answers that go on, for which a stop would otherwise wait. */
  endEvents(): void;
  /** Writes what is still in memory. Does not close the store. */
  close(): Promise<void>;
}

export function createPlatform(options: PlatformOptions): Platform {
  const { store, engine, config, addresses, log } = options;
  const { db, coordination } = store;
  const now = options.now ?? Date.now;
  const parts: Parts = {
    db,
    coordination,
    engine,
    backup: options.backup,
    addresses,
    dumps: new DumpService({ files: options.dumps, addresses, sources: config.dumpSources }),
    log,
    now,
    locations: config.locations,
    directory: new StoredDirectory(db, coordination),
    deletedRetentionMs: config.deletedRetentionMs,
    locks: new GroupLocks(coordination),
    removals: new Removals({ db, coordination, engine, log }),
  };
  const databases = new DatabaseService(parts);
  const recorder = new UsageRecorder(db, now, log);
  const closing = new AbortController();
  const gate = new Gate(db, now);
  const news = new AuditNews(db, now);
  const router = new Router(gate, now, log, () => news.nudge());
  const attempts =
    options.attempts ?? new Attempts(undefined, store.dialect === 'postgres' ? inStore(db, now) : inMemory);
  const openSignUp = config.signIn.signUp === 'open';
  const sessions = new SessionService(parts, {
    passwords: options.passwords ?? new Passwords(),
    attempts,
    sessionMs: config.signIn.sessionMs,
    openSignUp,
  });
  addRoutes(router, parts, databases, recorder, sessions, attempts);
  locationRoutes(router, parts.locations, config.clientLocations);
  backupRoutes(router, options.backup);
  eventRoutes(router, news);
  const { oidc: oidcSettings } = config.signIn;
  const methods = {
    openSignUp,
    oidc: oidcSettings === null ? null : { name: oidcSettings.name, url: OIDC_PATHS.start },
  };
  sessionRoutes(router, parts, sessions, methods);
  pageRoutes(router.app, parts, {
    gate,
    sessions,
    methods,
    oidc: oidcSettings === null ? undefined : new OidcSignIn(oidcSettings, new SealedCookie(db, now)),
    identities: new Identities(parts, config.signIn.signUp !== 'closed'),
  });

  return {
    app: router.app,
    directory: parts.directory,
    bootstrap: async (keepToken) => ({ newApiToken: await bootstrap(parts, config.owner, keepToken) }),
    recover: async () => {
      await recover(parts);
      await applyNotedPolicies(parts, (location) => engine.statusOf(location) === 'up');
      void keepTidy(parts, options.tidyMs ?? TIDY_MS, closing.signal);
    },
    serverIsBack: async (location) => {
      await applyNotedPolicies(parts, (one) => one === location).catch((error: unknown) => {
        log.warn({ location, err: error }, 'what a server was not told while it was away is left for the next look');
      });
    },
    tidy: async () => await sweepDeleted(parts),
    uploadFinished: async (databaseId) => await databases.uploadFinished(databaseId),
    recordUsage: (sample) => recorder.recordUsage(sample),
    recordQuery: (sample) => recorder.recordQuery(sample),
    endEvents: () => news.end(),
    close: async () => {
      closing.abort();
      await recorder.close();
    },
  };
}

function addRoutes(
  router: Router,
  parts: Parts,
  databases: DatabaseService,
  recorder: UsageRecorder,
  sessions: SessionService,
  attempts: Attempts,
): void {
  const groups = new GroupService(parts);
  organizationRoutes(router, new OrganizationService(parts));
  userRoutes(router, parts);
  memberRoutes(router, new MemberService(parts));
  inviteRoutes(router, new InviteService(parts, sessions), sessions, attempts);
  accountRoutes(router, new AccountService(parts));
  groupRoutes(router, groups);
  groupFormalities(router, groups);
  databaseRoutes(router, databases);
  databaseFormalities(router, databases);
  dumpRoutes(router, parts.dumps);
  transferRoutes(router, new TransferService(parts));
  instanceRoutes(router, new InstanceService(parts));
  databaseTokenRoutes(router, new DatabaseTokenService(parts));
  apiTokenRoutes(router, new ApiTokenService(parts));
  organizationApiTokenRoutes(router, parts);
  usageRoutes(router, new UsageService(parts, recorder), new UsageHistory(parts, recorder));
  auditRoutes(router, parts);
  billingRoutes(router, parts);
  jwksRoutes(router, new JwksService(parts));
  restoreRoutes(router, new RestoreService(parts));
  releaseRoutes(router);
  documentRoutes(router);
}
