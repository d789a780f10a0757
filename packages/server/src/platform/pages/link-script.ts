/** What the page of a one-time link does: the code stands behind `#`, which only a script can read. */
export const LINK_SCRIPT = `'use strict';
const form = document.querySelector('form');
const problem = document.querySelector('[role=alert]');
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
const invite = given.get('invite');
if (invite === null) {
  form.username.closest('label').remove();
}
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const password = form.password.value;
  const [url, body] =
    invite === null
      ? ['/v1/auth/link', { code: given.get('code') ?? '', password }]
      : ['/v2/invites/sign-up', { token: invite, username: form.username.value, password }];
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (answer.ok) {
    location.assign('/');
    return;
  }
  problem.textContent = (await answer.json()).error;
  problem.hidden = false;
});
`;
