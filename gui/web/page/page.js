// SPDX-License-Identifier: GPL-2.0-or-later
// The page of a session: the app's screen over all of the window, and a message when there is none.
import RFB from './novnc/core/rfb.js';

const part = (id) => document.getElementById(id);
const kept = 'overcommit-password';

// The password comes behind the # of the address, which browsers send to nobody. It moves into the memory of this tab, so that a
// projector does not show it to the whole lecture hall, and a reload still has it.
if (location.hash.length > 1) {
  sessionStorage.setItem(kept, location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}

function say(title, text, { button = '', ask = false } = {}) {
  part('title').textContent = title;
  part('text').textContent = text;
  part('ask').hidden = !ask;
  part('password').disabled = !ask; // or the form would wait for it
  part('again').textContent = button;
  part('again').hidden = !button;
  if (!part('message').open) part('message').showModal();
  if (ask) part('password').focus();
}

// 'right', 'wrong', or 'gone' if nobody answers.
async function check(password) {
  try {
    const answer = await fetch('password', { headers: { 'Overcommit-Password': password } });
    return answer.ok ? 'right' : 'wrong';
  } catch {
    return 'gone';
  }
}

async function explain(verdict, title) {
  if (verdict === 'gone') {
    say('The session has ended', 'Start overcommit-web again, and open the address that it prints.', { button: 'Try again' });
  } else if (verdict === 'wrong') {
    say(title, 'Enter the part of the address behind the # that overcommit-web printed. Each session has a new one.',
      { button: 'Connect', ask: true });
  } else {
    say('Another window shows this session', 'A session has one window at a time.', { button: 'Show it here' });
  }
}

async function connect() {
  const password = sessionStorage.getItem(kept) || '';
  const verdict = await check(password);
  if (verdict !== 'right') {
    explain(verdict, password ? 'The password is wrong' : 'The password is missing');
    return;
  }
  const address = new URL('screen', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const rfb = new RFB(part('screen'), address.href, { shared: false, wsProtocols: ['binary', 'password.' + password] });
  rfb.background = 'transparent';
  rfb.scaleViewport = true;
  // The app gets the size of the window. A window that is too small for it shows a smaller picture of it.
  const fit = () => {
    const large = innerWidth >= 900 && innerHeight >= 560;
    if (rfb.resizeSession !== large) rfb.resizeSession = large;
  };
  fit();
  addEventListener('resize', fit);
  rfb.qualityLevel = 9;
  rfb.compressionLevel = 1;
  rfb.focusOnClick = true;
  // The app can paste what was copied elsewhere, where the browser lets a page read that.
  const bring = () => navigator.clipboard?.readText?.().then((text) => rfb.clipboardPasteFrom(text)).catch(() => {});
  navigator.permissions?.query({ name: 'clipboard-read' }).then((permission) => {
    if (permission.state === 'granted') addEventListener('focus', bring);
  }).catch(() => {});
  rfb.addEventListener('clipboard', (event) => navigator.clipboard?.writeText(event.detail.text).catch(() => {}));
  rfb.addEventListener('connect', () => {
    part('message').close();
    rfb.focus();
  });
  rfb.addEventListener('disconnect', async () => {
    removeEventListener('resize', fit);
    removeEventListener('focus', bring);
    explain(await check(password), 'The session has ended');
  });
}

part('message').addEventListener('cancel', (event) => event.preventDefault());
part('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!part('ask').hidden) sessionStorage.setItem(kept, part('password').value.trim().replace(/^.*#/, ''));
  say('Connecting', 'One moment.');
  connect();
});
addEventListener('hashchange', () => location.reload());

say('Connecting', 'One moment.');
connect();
