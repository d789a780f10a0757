/**
 * What clients ask about plans and money. There is one plan, everything this machine can do, and it costs nothing; so
 * the answers are constant, and what would change them says that it is done and changes nothing.
 *
 * @module
 */
import { z } from 'zod';

import { CALLER, inOrganization, UNRESTRICTED_CALLER } from './authority.ts';
import { operation } from './operation.ts';

const Plan = z
  .object({
    name: z.string(),
    price: z.string(),
    prices: z.array(z.object({ value: z.string(), timeline: z.string() })),
    quotas: z
      .object({
        rowsRead: z.int(),
        rowsWritten: z.int(),
        databases: z.int().nullable(),
        locations: z.int(),
        storage: z.int(),
        groups: z.int(),
        bytesSynced: z.int(),
      })
      .describe('0 is unlimited.'),
  })
  .meta({ id: 'Plan' });

const Subscription = z
  .object({ name: z.string(), overages: z.boolean(), plan: z.string(), timeline: z.string() })
  .meta({ id: 'Subscription' });

const Invoice = z
  .object({
    invoice_number: z.string(),
    amount_due: z.string(),
    due_date: z.string(),
    paid_at: z.string(),
    payment_failed_at: z.string(),
    invoice_pdf: z.string(),
  })
  .meta({ id: 'Invoice' });

const BillingCustomer = z
  .object({
    name: z.string(),
    email: z.string(),
    tax_id: z.object({ value: z.string(), country: z.string() }),
    billing_address: z.object({
      line1: z.string(),
      line2: z.string(),
      city: z.string(),
      state: z.string(),
      postal_code: z.string(),
      country: z.string(),
    }),
  })
  .meta({ id: 'BillingCustomer' });

const organization = '/v1/organizations/{organizationSlug}';
const reader = inOrganization('viewer', null);
const payer = inOrganization('admin', null);
const tag = 'Billing';
const Plans = z.object({ plans: z.array(Plan) });

export const listPlans = operation({
  id: 'listPlans',
  tag,
  summary: 'Plans that there are.',
  method: 'GET',
  path: '/v1/plans',
  authority: CALLER,
  response: Plans,
});

export const listOrganizationPlans = operation({
  id: 'listOrganizationPlans',
  tag,
  summary: 'Plans that the organization can have.',
  method: 'GET',
  path: `${organization}/plans`,
  authority: reader,
  response: Plans,
});

export const getOrganizationSubscription = operation({
  id: 'getOrganizationSubscription',
  tag,
  summary: 'The plan of the organization.',
  method: 'GET',
  path: `${organization}/subscription`,
  authority: reader,
  response: z.object({ subscription: Subscription }),
});

export const updateOrganizationSubscription = operation({
  id: 'updateOrganizationSubscription',
  tag,
  summary: 'Accepts any plan, and stays with the only one.',
  method: 'POST',
  path: `${organization}/subscription`,
  authority: payer,
  response: z.object({ subscription: Subscription }),
});

export const listOrganizationInvoices = operation({
  id: 'listOrganizationInvoices',
  tag,
  summary: 'Always none.',
  method: 'GET',
  path: `${organization}/invoices`,
  authority: reader,
  query: z.object({ type: z.string().optional() }),
  response: z.object({ invoices: z.array(Invoice) }),
});

export const getBillingCustomer = operation({
  id: 'getBillingCustomer',
  tag,
  summary: 'The billing address that was last set.',
  method: 'GET',
  path: `${organization}/billing/customer`,
  authority: payer,
  response: BillingCustomer,
});

export const updateBillingCustomer = operation({
  id: 'updateBillingCustomer',
  tag,
  summary: 'Keeps a billing address.',
  method: 'PUT',
  path: `${organization}/billing/customer`,
  authority: payer,
  body: z.object({
    name: z.string().default(''),
    email: z.string().default(''),
    tax_id: z.object({ value: z.string().default(''), country: z.string().default('') }).nullish(),
    billing_address: z
      .object({
        line1: z.string().default(''),
        line2: z.string().default(''),
        city: z.string().default(''),
        state: z.string().default(''),
        postal_code: z.string().default(''),
        country: z.string().default(''),
      })
      .nullish(),
  }),
  response: BillingCustomer,
});

export const openBillingPortal = operation({
  id: 'openBillingPortal',
  tag,
  summary: 'Where payments would be managed: this server itself.',
  method: 'POST',
  path: `${organization}/billing/portal`,
  authority: payer,
  response: z.object({ portal: z.object({ url: z.string() }) }),
});

export const hasPaymentMethods = operation({
  id: 'hasPaymentMethods',
  tag,
  summary: 'Always yes, so that the CLI makes an organization without asking for one.',
  method: 'GET',
  path: `${organization}/billing/payment-methods`,
  authority: reader,
  query: z.object({ stripe_id: z.string().optional() }),
  response: z.object({ exists: z.boolean() }),
});

export const createStripeCustomer = operation({
  id: 'createStripeCustomer',
  tag,
  summary: 'The CLI asks for one before it makes an organization.',
  method: 'POST',
  path: '/v1/organizations/stripe-customer',
  authority: UNRESTRICTED_CALLER,
  body: z.object({ name: z.string().nullish() }),
  response: z.object({ stripeCustomerId: z.string() }),
});
