/**
 * Small pages without scripts of their own making, for what happens outside the Platform API: letting a command line
 * in, setting a password by a link. Nothing is loaded from elsewhere, and nothing frames them.
 *
 * @module
 */

/** Text that is put into a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What is put in is escaped, unless it is `Html`. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  return new Html(
    parts.map((part, index) => part + (index < values.length ? shown(values[index] ?? '') : '')).join(''),
  );
}

function shown(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string') {
    return value.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
  }
  return value instanceof Html ? value.text : value.map(({ text }) => text).join('');
}

export interface Page {
  readonly title: string;
  readonly content: Html;
  readonly status?: number;
  /** Where the page's form may lead, besides this server; redirects count (CSP 3, `form-action`). */
  readonly formTarget?: string;
  /** Path of a script of this server. */
  readonly script?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function pageResponse({ title, content, status = 200, formTarget = '', script, headers }: Page): Response {
  const tag = script === undefined ? html`` : html`<script src="${script}" defer></script>`;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · Skerry</title>
        <link rel="stylesheet" href="/auth/style.css" />
        ${tag}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `;
  return new Response(document.text, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        "style-src 'self'",
        ...(script === undefined ? [] : ["script-src 'self'", "connect-src 'self'"]),
        `form-action 'self' ${formTarget}`.trim(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      // Without any referrer a browser would send the form with "Origin: null" (Fetch standard, "append a request Origin header").
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
    },
  });
}

/** Goes on by a page, not by a redirect: what follows then comes from this origin, and its cookie counts. */
export function onward(path: string, headers: Readonly<Record<string, string>>): Response {
  return pageResponse({
    title: 'Signed in',
    content: html`<p><a href="${path}">Go on</a></p>`,
    headers: { refresh: `0; url=${path}`, ...headers },
  });
}

export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { box-sizing: border-box; width: min(26rem, 100%); padding: 2rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
label { display: block; margin: 0 0 1rem; }
input { box-sizing: border-box; width: 100%; font: inherit; padding: 0.5rem; }
button { font: inherit; padding: 0.5rem 1rem; }
code { overflow-wrap: anywhere; }
[role='alert'] { border-left: 3px solid #c33; padding-left: 0.75rem; }
`;
