import * as operations from '@skerry/contract/operations/billing';
import type { z } from 'zod';

import { recordAudit } from '../audit/store.ts';
import type { Router } from '../http/router.ts';
import { PLAN } from '../organizations/shown.ts';
import type { OrganizationRow } from '../organizations/store.ts';
import type { Parts } from '../parts.ts';

type Customer = z.input<typeof operations.getBillingCustomer.response>;

const PLANS = {
  plans: [
    {
      name: PLAN,
      price: '0',
      prices: [{ value: '0', timeline: 'monthly' }],
      quotas: { rowsRead: 0, rowsWritten: 0, databases: 0, locations: 0, storage: 0, groups: 0, bytesSynced: 0 },
    },
  ],
};

const EMPTY_TAX_ID = { value: '', country: '' };
const EMPTY_ADDRESS = { line1: '', line2: '', city: '', state: '', postal_code: '', country: '' };

export function billingRoutes(router: Router, parts: Pick<Parts, 'db' | 'addresses' | 'now'>): void {
  const { db, addresses, now } = parts;
  router.handle(operations.listPlans, () => PLANS);
  router.handle(operations.listOrganizationPlans, () => PLANS);
  router.handle(operations.getOrganizationSubscription, ({ organization }) => subscriptionOf(organization));
  router.handle(operations.updateOrganizationSubscription, ({ organization }) => subscriptionOf(organization));
  router.handle(operations.listOrganizationInvoices, () => ({ invoices: [] }));
  router.handle(operations.getBillingCustomer, ({ organization }) =>
    organization.billing_customer === null
      ? { name: '', email: '', tax_id: EMPTY_TAX_ID, billing_address: EMPTY_ADDRESS }
      : (JSON.parse(organization.billing_customer) as Customer),
  );
  router.handle(operations.updateBillingCustomer, async ({ organization, body, actor }) => {
    const customer: Customer = {
      name: body.name,
      email: body.email,
      tax_id: body.tax_id ?? EMPTY_TAX_ID,
      billing_address: body.billing_address ?? EMPTY_ADDRESS,
    };
    await db.transaction().execute(async (transaction) => {
      await transaction
        .updateTable('organizations')
        .set({ billing_customer: JSON.stringify(customer) })
        .where('id', '=', organization.id)
        .execute();
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'org-update',
        message: `billing address of ${organization.slug} changed`,
        data: { organization: organization.slug },
        nowMs: now(),
      });
    });
    return customer;
  });
  router.handle(operations.openBillingPortal, () => ({ portal: { url: addresses.bareUrl() } }));
  router.handle(operations.hasPaymentMethods, () => ({ exists: true }));
  router.handle(operations.createStripeCustomer, ({ caller }) => ({ stripeCustomerId: `none-${caller.username}` }));
}

function subscriptionOf(organization: OrganizationRow) {
  return {
    subscription: { name: PLAN, overages: organization.overages === 1, plan: PLAN, timeline: 'monthly' },
  };
}
