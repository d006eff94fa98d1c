/** `GET /ui`: one page without any outside part. Values are set as text, never as markup. */
export const UI_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulator</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; }
  h1 { font-size: 1.2rem; } h2 { font-size: 1rem; margin-top: 1.6rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
  th { font-weight: 600; } td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
  .bad { color: #c22; font-weight: 600; } .muted { opacity: .65; }
</style>
</head>
<body>
<h1>Simulator <span id="state" class="muted"></span></h1>
<p class="muted">Newest first, 50 of each. Dials and magic recipients: <a href="/">what the simulator can do</a>.</p>
<h2>Messages taken from the product</h2>
<table><thead><tr><th>At</th><th>Channel</th><th>To</th><th>Text</th><th>Answers</th><th>Receipts posted</th></tr></thead>
<tbody id="messages"></tbody></table>
<h2>Callbacks received from the product</h2>
<table><thead><tr><th>At</th><th>Event</th><th>Channel</th><th>Status</th><th>Dispatch</th><th>Signatures</th><th>Answered</th></tr></thead>
<tbody id="callbacks"></tbody></table>
<script>
const time = (ms) => new Date(ms).toISOString().slice(11, 23);
const cell = (text, bad) => {
  const element = document.createElement('td');
  element.textContent = text ?? '';
  if (bad) element.className = 'bad';
  return element;
};
const fill = (id, rows) => document.getElementById(id).replaceChildren(...rows.reverse().map((cells) => {
  const row = document.createElement('tr');
  row.append(...cells);
  return row;
}));
const receipt = (one) => one.status + ' ' + (one.posts.map((post) => post.answer).join(', ') || '…');
const messageRow = (one) => [
  cell(time(one.at)), cell(one.channel), cell(one.to), cell(one.text),
  cell(one.tries.map((given) => given.answered).join(', '), one.tries.some((given) => given.answered !== 202)),
  cell(one.receipts.map(receipt).join(' · ')),
];
const wrong = (check) => check.verdict === 'invalid' || check.verdict === 'missing';
const callbackRow = (one) => [
  cell(time(one.at)), cell(one.event), cell(one.body?.to?.type), cell(one.status), cell(one.dispatchUuid),
  cell('webhook ' + one.standardWebhooks.verdict + ', JWT ' + one.vonageJwt.verdict,
    wrong(one.standardWebhooks) || wrong(one.vonageJwt)),
  cell(one.answered, !(one.answered < 300)),
];
const load = async (path) => (await fetch(path + '?limit=50')).json();
async function refresh() {
  const state = document.getElementById('state');
  try {
    const [log, received] = await Promise.all([load('/log'), load('/callbacks')]);
    fill('messages', log.messages.map(messageRow));
    fill('callbacks', received.callbacks.map(callbackRow));
    state.textContent = 'live';
  } catch {
    state.textContent = 'not reachable';
  }
  setTimeout(refresh, 1000);
}
refresh();
</script>
</body>
</html>
`;
