import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/sessions';
import type { z } from 'zod';

import type { Caller } from '../http/request.ts';
import type { Router } from '../http/router.ts';
import type { Parts } from '../parts.ts';
import { shownUser } from '../users/shown.ts';
import type { NewSession, SessionService } from './service.ts';
import type { SessionRow } from './store.ts';

export interface SignInMethods {
  readonly openSignUp: boolean;
  readonly oidc: { readonly name: string; readonly url: string } | null;
}

export function sessionRoutes(
  router: Router,
  { db }: Pick<Parts, 'db'>,
  sessions: SessionService,
  methods: SignInMethods,
): void {
  async function signedIn({ row }: NewSession): Promise<z.input<typeof operations.signedIn>> {
    return { user: await userOf(row.user_id), session: shownSession(row, row.id) };
  }

  async function userOf(userId: string) {
    const user = await shownUser(db, userId);
    if (user === undefined) {
      throw new SkerryError('session_invalid');
    }
    return user;
  }

  router.handle(operations.getSignInMethods, () => ({
    password: true,
    sign_up: methods.openSignUp,
    oidc: methods.oidc,
  }));
  router.handle(operations.signIn, async ({ body, visitor, keepSession, refuseOtherOrigins }) => {
    refuseOtherOrigins();
    const { username, password, token } = body;
    const session =
      token === undefined
        ? await sessions.byPassword(username ?? '', password ?? '', visitor)
        : await sessions.byApiToken(token, visitor);
    keepSession(session);
    return await signedIn(session);
  });
  router.handle(operations.signUp, async ({ body, visitor, keepSession, refuseOtherOrigins }) => {
    refuseOtherOrigins();
    const session = await sessions.signUp({ ...body, email: body.email ?? '' }, visitor);
    keepSession(session);
    return await signedIn(session);
  });
  router.handle(operations.signInByLink, async ({ body, visitor, keepSession, refuseOtherOrigins }) => {
    refuseOtherOrigins();
    const session = await sessions.byLink(body.code, body.password, visitor);
    keepSession(session);
    return await signedIn(session);
  });
  router.handle(operations.signOut, async ({ caller, keepSession }) => {
    if (caller.sessionId !== null) {
      await sessions.end(caller, caller.sessionId);
    }
    keepSession(null);
    return {};
  });
  router.handle(operations.getSession, async ({ caller }) => {
    const rows = caller.sessionId === null ? [] : await sessions.list(caller);
    const current = rows.find(({ id }) => id === caller.sessionId);
    return {
      user: await userOf(caller.userId),
      session: current === undefined ? null : shownSession(current, caller.sessionId),
    };
  });
  router.handle(operations.listSessions, async ({ caller }) => ({ sessions: await shownSessions(sessions, caller) }));
  router.handle(operations.endSession, async ({ caller, params }) => {
    await sessions.end(caller, params.sessionId);
    return { session: params.sessionId };
  });
  router.handle(operations.setPassword, async ({ caller, body, visitor }) => {
    await sessions.setPassword(caller, body.current_password, body.new_password, visitor);
    return {};
  });
}

async function shownSessions(sessions: SessionService, caller: Caller) {
  const rows = await sessions.list(caller);
  return rows.map((row) => shownSession(row, caller.sessionId));
}

function shownSession(row: SessionRow, currentId: string | null): z.input<typeof operations.Session> {
  return {
    id: row.id,
    method: row.method,
    user_agent: row.user_agent,
    address: row.address,
    created_at: new Date(row.created_at_ms).toISOString(),
    last_seen_at: new Date(row.last_seen_at_ms).toISOString(),
    expires_at: new Date(row.expires_at_ms).toISOString(),
    current: row.id === currentId,
  };
}
