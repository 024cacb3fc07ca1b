'use strict';
/*
 * Shows GET /api/status, read every second. Each section is a function from the status to elements, which are then made
 * equal to what is on the page: so focus, selection and scroll positions stay, and what the server rendered is taken over.
 * Text that comes from users only ever becomes textContent.
 */
(() => {
  const EVERY_MS = 1000;
  const GIVE_UP_MS = 5000;
  const LONGEST_PAUSE_MS = 15000;
  const WINDOW_S = 10;
  const main = document.querySelector('main');
  const byId = id => document.getElementById(id);

  // ---- numbers and times, as people read them

  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const three = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' });
  const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
  const NONE = '–';

  const known = n => typeof n === 'number' && Number.isFinite(n) && n >= 0;
  const count = n => (known(n) ? whole.format(n) : NONE);
  const perSecond = n => (known(n) ? (n > 0 && n < 10 ? tenth : whole).format(n) + '/s' : NONE);
  // Rounded towards the middle, so that 100 % and 0 % are what they say.
  const percent = r => {
    if (!known(r)) return NONE;
    const p = r * 100;
    return tenth.format(p > 99.9 && p < 100 ? 99.9 : p > 0 && p < 0.1 ? 0.1 : p) + '\u00a0%';
  };
  function bytes(n) {
    if (!known(n)) return NONE;
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let i = 0;
    for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
    return (i === 0 || n >= 100 ? whole : tenth).format(n) + '\u00a0' + units[i];
  }
  function micros(n) {
    if (!known(n)) return NONE;
    return n < 1000 ? whole.format(n) + '\u00a0µs' : n < 1e6 ? three.format(n / 1000) + '\u00a0ms' : three.format(n / 1e6) + '\u00a0s';
  }
  // Joined by spaces that do not break, like all numbers with their units.
  const duration = ms => spans(ms).replaceAll(' ', '\u00a0');
  function spans(ms) {
    if (!known(ms)) return NONE;
    const s = Math.floor(ms / 1000);
    if (s < 10) return tenth.format(ms / 1000) + ' s';
    if (s < 60) return s + ' s';
    if (s < 3600) return Math.floor(s / 60) + ' min ' + (s % 60) + ' s';
    if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor((s % 3600) / 60) + ' min';
    return whole.format(Math.floor(s / 86400)) + ' d ' + Math.floor((s % 86400) / 3600) + ' h';
  }
  const length = ms => (ms < 90000 ? whole.format(ms / 1000) + '\u00a0s' : whole.format(ms / 60000) + ' min');
  const sameDay = (a, b) => day.format(a) === day.format(b);
  const timeOf = (at, now) => (sameDay(at, now) ? '' : date.format(at).replaceAll(' ', '\u00a0') + ' ') + clock.format(at);
  function zone() {
    const name = Intl.DateTimeFormat().resolvedOptions().timeZone || 'local';
    const offset = -new Date().getTimezoneOffset();
    if (offset === 0) return 'UTC';
    const h = Math.floor(Math.abs(offset) / 60), m = Math.abs(offset) % 60;
    return name + ', UTC' + (offset < 0 ? '−' : '+') + h + (m ? ':' + String(m).padStart(2, '0') : '');
  }

  // ---- elements

  function h(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) e.setAttribute(name, value === true ? '' : String(value));
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== false) e.append(child instanceof Node ? child : String(child));
    }
    return e;
  }

  /** Makes what is there equal to what it should be, keeping every element that may be kept. */
  function become(there, wanted) {
    for (const name of there.getAttributeNames()) if (!wanted.hasAttribute(name)) there.removeAttribute(name);
    for (const name of wanted.getAttributeNames()) {
      if (there.getAttribute(name) !== wanted.getAttribute(name)) there.setAttribute(name, wanted.getAttribute(name));
    }
    const from = [...there.childNodes], to = [...wanted.childNodes];
    for (let i = 0; i < to.length; i++) {
      const a = from[i], b = to[i];
      if (a === undefined) there.append(b);
      else if (a.nodeName !== b.nodeName) a.replaceWith(b);
      else if (b.nodeType === Node.ELEMENT_NODE) become(a, b);
      else if (a.nodeValue !== b.nodeValue) a.nodeValue = b.nodeValue;
    }
    for (let i = to.length; i < from.length; i++) from[i].remove();
  }

  /** Names may be broken after an underscore. */
  const breakable = name => name.split(/(?<=_)/).flatMap((part, i) => (i === 0 ? [part] : [h('wbr', {}), part]));

  const figure = (name, field, value, small, state, extra) => h('div', {},
    h('dt', {}, name),
    h('dd', { 'data-field': field, 'data-state': state }, state ? h('span', {}, value) : value,
      small ? h('small', {}, small) : null, extra || null));

  // ---- what there was before, for counts per second

  const before = [];
  const COUNTERS = [
    ['commands', 'Commands received'],
    ['reads', 'Keys read'],
    ['l1_hits', 'answered by L1, memory', 'part'],
    ['l2_hits', 'answered by L2, Redis', 'part'],
    ['l3_hits', 'answered by L3, Memcached', 'part'],
    ['stale_hits', 'answered from memory, stale', 'part'],
    ['misses', 'no value', 'part'],
    ['read_errors', 'answered with an error', 'part', true],
    ['writes', 'Writing commands'],
    ['write_errors', 'answered with an error', 'part', true],
    ['passed_through', 'Passed through to Redis'],
    ['invalidations', 'Changes that Redis told of'],
    ['rate_limited', 'Refused by the rate limit', null, true],
    ['overloaded', 'Refused: queue full or waited too long', null, true],
    ['protocol_errors', 'Connections closed: not a request', null, true],
    ['connections_opened', 'Connections opened'],
    ['connections_refused', 'Connections refused at the limit', null, true],
  ];

  function remember(s) {
    const last = before[before.length - 1];
    // A sidecar that was started again counts from zero.
    if (last && (s.uptime_ms < last.uptime || s.pod !== last.pod)) before.length = 0;
    before.push({ at: s.at, uptime: s.uptime_ms, pod: s.pod, traffic: s.traffic });
    while (before.length > 1 && before[0].at < s.at - WINDOW_S * 1000) before.shift();
  }

  function rate(name) {
    const a = before[0], b = before[before.length - 1];
    if (!a || b.at - a.at < 500) return null;
    return Math.max(0, (b.traffic[name] - a.traffic[name]) * 1000 / (b.at - a.at));
  }

  // ---- sections

  function readiness(s) {
    if (s.draining) return ['draining', 'sends clients away'];
    if (s.ready) return ['ready', null];
    return ['not ready', s.warm_up.state === 'running' ? 'warming up' : 'starting'];
  }

  function overview(s) {
    const [ready, why] = readiness(s);
    const hits = sum(s.history, WINDOW_S);
    const troubles = s.tiers.filter(t => t.state !== 'UP').map(t => t.tier.toUpperCase() + ' ' + t.state.toLowerCase());
    return [h('dl', { class: 'figures' },
      figure('Status', 'status', s.status, troubles.join(', '), s.status),
      figure('Ready', 'ready', s.ready && !s.draining ? ready : h('span', { class: 'raised' }, ready), why),
      figure('Commands', 'commands-now', perSecond(hits.commands / hits.seconds), 'last ' + WINDOW_S + '\u00a0s'),
      figure('Keys found', 'found-now', percent(hits.found), 'last ' + WINDOW_S + '\u00a0s'),
      figure('Latency p99', 'p99-now', s.traffic.commands > 0 ? micros(s.traffic.p99_micros) : NONE, 'last minute'),
      figure('Errors', 'errors-now', hits.errors > 0 ? h('span', { class: 'raised' }, perSecond(hits.errors / hits.seconds)) : perSecond(hits.errors / hits.seconds),
        'last ' + WINDOW_S + '\u00a0s')),
    h('dl', { class: 'identity' },
      figure('Pod', 'pod', s.pod),
      figure('Version', 'version', s.version),
      figure('Up for', 'uptime', duration(s.uptime_ms)),
      figure('As of', 'at', clock.format(s.at) + ' (' + zone() + ')'))];
  }

  function sum(history, steps) {
    const of = name => history[name].slice(-steps).reduce((a, b) => a + (b ?? 0), 0);
    const found = of('l1_hits') + of('l2_hits') + of('l3_hits'), all = found + of('misses') + of('errors');
    const n = Math.min(steps, history.at.length);
    return { seconds: n > 0 ? n * history.step_ms / 1000 : NaN, commands: of('commands'), errors: of('errors'),
      found: all > 0 ? found / all : null };
  }

  const KINDS = { memory: 'memory', redis: 'Redis', memcached: 'Memcached' };
  const LACKING = {
    l2: 'No L2: nothing is shared with other pods or outlives this one. --redis adds it.',
    l3: 'No L3: while Redis does not answer, only what is in memory can be read. --memcached adds it.',
  };

  function tier(t) {
    const mode = t.mode.toLowerCase().replace('_', '-');
    const limited = known(t.maximum_bytes) && t.maximum_bytes > 0;
    const nodes = [...t.nodes].sort((a, b) => a.up - b.up);
    const table = nodes.length === 0 ? null : h('table', { class: 'nodes' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Node'), h('th', { scope: 'col' }, 'Answers'), h('th', { scope: 'col' }, 'Detail'))),
      h('tbody', {}, nodes.map(n => h('tr', {},
        h('th', { scope: 'row', class: 'mono' }, n.address),
        h('td', { class: 'answer ' + (n.up ? 'up' : 'down') }, n.up ? 'yes' : 'no'),
        h('td', {}, n.detail)))));
    return h('article', { class: 'tier', 'data-tier': t.tier },
      h('h3', {}, t.tier.toUpperCase(), h('span', { class: 'kind' }, KINDS[t.kind] || t.kind),
        h('span', { class: 'badge', 'data-state': t.state }, t.state),
        t.tier === 'l1' ? null : h('span', { class: 'mode' + (mode === 'normal' ? '' : ' changed') }, 'mode: ' + mode)),
      h('dl', { class: 'figures' },
        figure('Hit ratio', t.tier + '-hit-ratio', percent(t.hit_ratio), 'since the start'),
        figure('Hits', t.tier + '-hits', count(t.hits)),
        figure('Misses', t.tier + '-misses', count(t.misses)),
        figure('Errors', t.tier + '-errors', count(t.errors)),
        known(t.entries) ? figure('Entries', t.tier + '-entries', count(t.entries)) : null,
        known(t.bytes) ? figure('Size', t.tier + '-bytes', bytes(t.bytes), limited ? 'of ' + bytes(t.maximum_bytes) : null, null,
          limited ? h('progress', { value: t.bytes, max: t.maximum_bytes, 'aria-label': t.tier.toUpperCase() + ' memory in use' }) : null) : null,
        nodes.length === 0 ? null : figure('Nodes that answer', t.tier + '-nodes',
          count(nodes.filter(n => n.up).length) + ' of ' + count(nodes.length))),
      nodes.length > 6 ? h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t.tier.toUpperCase() + ' nodes' }, table) : table);
  }

  function tiers(s) {
    const there = new Set(s.tiers.map(t => t.tier));
    return [h('h2', {}, 'Tiers'), h('div', { class: 'all' }, s.tiers.map(tier)),
      Object.keys(LACKING).filter(name => !there.has(name)).map(name => h('p', { class: 'note lacking' }, LACKING[name]))];
  }

  const raised = (on, text) => (on ? h('span', { class: 'raised' }, text) : text);
  const two = n => (typeof n === 'number' ? n.toFixed(2) : NONE);
  const MANY = 24;

  function fleet(s) {
    const f = s.fleet;
    if (!f) return [h('h2', {}, 'Fleet'), h('p', { class: 'empty' }, 'Without redis there is no fleet.')];
    const r = f.scaling, conflicts = r ? r.conflicts.map(c => c.name).join(', ') : '';
    const table = h('table', { class: 'pods' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Pod'), h('th', { scope: 'col' }, 'State'), h('th', { scope: 'col' }, 'Settings'),
        h('th', { scope: 'col', class: 'number' }, 'Pressure'), h('th', { scope: 'col', class: 'number' }, 'Heard'))),
      h('tbody', {}, f.pods.map(p => h('tr', {},
        h('th', { scope: 'row', class: 'mono' }, p.pod),
        h('td', {}, p.state),
        h('td', {}, raised(p.config_version < f.config_version, 'version ' + p.config_version + (p.config_version < f.config_version ? ', behind' : ''))),
        h('td', { class: 'number' }, raised(p.pressure > 1, two(p.pressure))),
        h('td', { class: 'number' }, f.at && Date.parse(p.seen_at) > 0 ? duration(Math.max(0, Math.floor((Date.parse(f.at) - Date.parse(p.seen_at)) / 1000) * 1000)) + ' ago' : NONE)))));
    return [h('h2', {}, 'Fleet ' + f.fleet),
      h('dl', { class: 'figures' },
        figure('Divided by', 'fleet-size', raised(!f.known, f.known ? count(f.size) : 'unknown: using last N, ' + f.size)),
        figure('Pods', 'fleet-pods', count(f.pods.length), f.ready + ' ready, ' + f.warming + ' warming, ' + f.draining + ' draining'),
        figure('Recommended', 'fleet-desired', r ? count(r.desired_replicas) : NONE, r ? r.direction + ': ' + r.reason : 'none yet'),
        figure('Pressure', 'fleet-pressure', r ? two(r.pressure) : NONE, 'over 1: more pods'),
        figure('Conflicts', 'fleet-conflicts', conflicts ? raised(true, conflicts) : 'none', conflicts ? 'more pods would make it worse' : null),
        nextEvent(f, s.at)),
      f.pods.length === 0 ? h('p', { class: 'empty' }, 'Nobody has been heard of yet.')
        : f.pods.length > MANY ? h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Pods' }, table) : table];
  }

  function nextEvent(f, now) {
    const on = f.emergency, e = f.events[0], when = text => timeOf(Date.parse(text), now);
    if (on) return figure('Emergency', 'fleet-event', raised(true, on.replicas + ' pods'), 'until ' + when(on.until));
    return figure('Next event', 'fleet-event', e ? e.name : 'none',
      e ? (e.min_replicas > 0 ? e.min_replicas + ' pods from ' + when(e.replicas_from) + ', ' : '') + 'ends ' + when(e.end) : null);
  }

  function load(s) {
    const t = s.traffic, q = s.queue, r = s.rate_limit, timed = t.commands > 0;
    return [h('h2', {}, 'Load'),
      h('dl', { class: 'figures' },
        figure('In flight to Redis', 'in-flight', count(q.in_flight)),
        figure('Queue', 'queue', q.enabled ? count(q.depth) : 'off',
          q.enabled ? 'of at most ' + count(q.max_size) : 'beyond the limit: refused', null,
          q.enabled ? h('progress', { value: q.depth, max: q.max_size, 'aria-label': 'Queue in use' }) : null),
        figure('Connections', 'connections', count(t.connections)),
        figure('Rate limit', 'rate-limit', r.requests_per_minute > 0 ? count(r.requests_per_minute) + '/min' : 'none',
          r.requests_per_minute > 0 ? 'burst ' + count(r.burst) + ', per ' + r.per + (r.fallback ? ': only this pod\u2019s share' : '') : null),
        figure('Latency p50', 'p50', timed ? micros(t.p50_micros) : NONE, 'last minute'),
        figure('Latency p95', 'p95', timed ? micros(t.p95_micros) : NONE, 'last minute'),
        figure('Latency p99', 'p99', timed ? micros(t.p99_micros) : NONE, 'last minute')),
      h('table', { class: 'counters' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Count'), h('th', { scope: 'col', class: 'number' }, 'Since the start'),
          h('th', { scope: 'col', class: 'number' }, 'Last ' + WINDOW_S + '\u00a0s'))),
        h('tbody', {}, COUNTERS.map(([name, text, part, bad]) => {
          const now = rate(name);
          return h('tr', { class: bad && now > 0 ? 'raised' : null },
            h('th', { scope: 'row', class: part }, text),
            h('td', { class: 'number', 'data-field': name.replaceAll('_', '-') }, count(t[name])),
            h('td', { class: 'number' }, perSecond(now)));
        })))];
  }

  function events(s) {
    const list = [...s.events].sort((a, b) => b.at - a.at);
    return [h('h2', {}, 'Recent events'),
      list.length === 0
        ? h('p', { class: 'empty' }, 'None yet: changes of settings and of tiers, warm-ups and drains will be listed here.')
        : h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Recent events' }, h('table', { class: 'events' },
          h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Time'), h('th', { scope: 'col' }, 'Kind'), h('th', { scope: 'col' }, 'Event'))),
          h('tbody', {}, list.map(e => h('tr', {},
            h('td', { class: 'at' }, timeOf(e.at, s.at)), h('td', { class: 'kind' }, e.kind), h('td', {}, e.text))))))];
  }

  const WARM = { running: 'Running', done: 'Done', out_of_budget: 'Ended at its limit of time, keys or bytes', cancelled: 'Cancelled', failed: 'Failed' };

  function warmUp(s) {
    const w = s.warm_up, state = w.state.toLowerCase().replaceAll('-', '_');
    if (state === 'none') {
      return [h('h2', {}, 'Warm-up'), h('p', { class: 'empty' }, 'None has been run. ', h('code', {}, 'POST /admin/cache/warm-up'), ' starts one.')];
    }
    const share = known(w.weight_percent) ? w.weight_percent / 100 : null, skipped = w.skipped || {};
    return [h('h2', {}, 'Warm-up'),
      h('p', { 'data-field': 'warm-up' }, h('b', {}, WARM[state] || w.state), w.reason ? ': ' + w.reason : '',
        share === null ? '' : ' – ' + whole.format(Math.floor(share * 100)) + '\u00a0%'),
      h('progress', { value: share === null ? (state === 'running' ? null : 1) : share, max: 1, 'aria-label': 'Warm-up, share of the hot weight in memory' }),
      h('dl', { class: 'figures' },
        share === null ? null : figure('Hot weight', 'warm-up-weight', w.weight_percent.toFixed(1) + '\u00a0%'),
        figure('Keys read', 'warm-up-read', count(w.read), known(w.planned) ? 'of ' + count(w.planned) : null),
        figure('Now in memory', 'warm-up-brought', count(w.brought)),
        figure('Values', 'warm-up-bytes', bytes(w.bytes)),
        known(w.predicted_hit_ratio) ? figure('Predicted hits', 'warm-up-predicted', whole.format(Math.round(w.predicted_hit_ratio * 100)) + '\u00a0%') : null,
        known(w.keys_per_second) ? figure('Rate', 'warm-up-rate', count(w.keys_per_second), 'keys/s') : null,
        known(w.skipped) ? figure('Left out', 'warm-up-skipped', count(skipped.ttl + skipped.size + skipped.gone + skipped.changed + w.errors), 'or failed') : null,
        figure('Took', 'warm-up-elapsed', duration(w.elapsed_ms), state === 'running' ? known(w.eta_ms) ? 'about ' + duration(w.eta_ms) + ' to go' : 'so far' : null))];
  }

  function config(s) {
    return [h('h2', {}, 'Settings in force'),
      s.config.length === 0 ? h('p', { class: 'empty' }, 'The sidecar names none.') : h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Settings in force' }, h('table', { class: 'config' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Setting'), h('th', { scope: 'col' }, 'Value'), h('th', { scope: 'col' }, 'From'))),
        h('tbody', {}, s.config.map(c => h('tr', { class: c.source === 'override' ? 'override' : null },
          h('th', { scope: 'row', class: 'name' }, breakable(c.name)),
          h('td', { class: 'value' }, c.value),
          h('td', {}, c.source, known(c.expires_at)
            ? h('small', {}, 'until ' + timeOf(c.expires_at, s.at) + ', for ' + duration(Math.max(0, c.expires_at - s.at))) : null))))))];
  }

  function hotKeys(s) {
    return [h('h2', {}, 'Hot keys'),
      s.hot_keys === null || s.hot_keys === undefined
        ? h('p', { class: 'empty' }, 'Not shown, since keys may say more than everyone here should see: ', h('code', {}, 'hot-keys: true'), ' in the configuration switches them on.')
        : s.hot_keys.length === 0 ? h('p', { class: 'empty' }, 'No key has been read often enough yet.')
          : h('ol', { class: 'keys mono' }, s.hot_keys.map(k => h('li', {}, k)))];
  }

  const SECTIONS = [['overview', overview], ['tiers', tiers], ['fleet', fleet], ['graphs', null], ['load', load], ['warm-up', warmUp],
    ['events', events], ['config', config], ['hot-keys', hotKeys]];

  function show(s) {
    let previous = null;
    for (const [id, make] of SECTIONS) {
      let section = byId(id);
      if (!section) {
        section = h('section', { id, 'aria-label': id === 'overview' ? 'Overview' : null });
        if (previous) previous.after(section); else main.prepend(section);
      }
      previous = section;
      if (make) {
        const wanted = section.cloneNode(false);
        wanted.append(...make(s).flat());
        become(section, wanted);
      }
    }
    graphs(s);
  }

  // ---- graphs

  const SERIES = {
    l1: { name: 'L1', colour: '--l1', dash: [] },
    l2: { name: 'L2', colour: '--l2', dash: [9, 3] },
    l3: { name: 'L3', colour: '--l3', dash: [2, 3] },
    miss: { name: 'no value', colour: '--miss', dash: [], hatch: 1 },
    error: { name: 'error', colour: '--error', dash: [], hatch: 2 },
    any: { name: 'any tier', colour: '--ink', dash: [], thin: true },
    commands: { name: 'all commands', colour: '--ink', dash: [], thin: true },
    p50: { name: 'p50', colour: '--ink', dash: [] },
    p99: { name: 'p99', colour: '--ink', dash: [7, 4] },
    flight: { name: 'in flight', colour: '--ink', dash: [] },
    queued: { name: 'queued', colour: '--ink', dash: [7, 4] },
  };

  function windowed(values) {
    const out = new Array(values.length);
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      total += values[i] ?? 0;
      if (i >= WINDOW_S) total -= values[i - WINDOW_S] ?? 0;
      out[i] = total;
    }
    return out;
  }

  const GRAPHS = [
    {
      id: 'hit-ratio', title: 'Hit ratio per tier', note: 'of the keys that came as far as the tier, over ' + WINDOW_S + '\u00a0s',
      series: ['l1', 'l2', 'l3', 'any'], format: percent, tick: v => whole.format(v * 100) + '\u00a0%',
      range: () => [0, 1], empty: 'No key has been read yet', splits: [0, .25, .5, .75, 1],
      data: x => {
        const w = {};
        for (const k of ['l1_hits', 'l2_hits', 'l3_hits', 'misses', 'errors']) w[k] = windowed(x[k]);
        const left = (i, ...of) => of.reduce((a, k) => a + w[k][i], 0);
        const part = (a, b) => (b > 0 ? a / b : null);
        return [
          x.at.map((_, i) => part(w.l1_hits[i], left(i, 'l1_hits', 'l2_hits', 'l3_hits', 'misses', 'errors'))),
          x.at.map((_, i) => part(w.l2_hits[i], left(i, 'l2_hits', 'l3_hits', 'misses', 'errors'))),
          // L3 is asked only while Redis cannot be: misses alone are Redis' own answer.
          x.at.map((_, i) => (w.l3_hits[i] > 0 ? part(w.l3_hits[i], left(i, 'l3_hits', 'misses', 'errors')) : null)),
          x.at.map((_, i) => part(left(i, 'l1_hits', 'l2_hits', 'l3_hits'), left(i, 'l1_hits', 'l2_hits', 'l3_hits', 'misses', 'errors'))),
        ];
      },
    },
    {
      id: 'answered', title: 'Keys read per second, by who answered', note: 'stacked; commands: mean of ' + WINDOW_S + '\u00a0s',
      series: ['l1', 'l2', 'l3', 'miss', 'error'], line: 'commands', stacked: true, format: perSecond,
      tick: v => short(v) + '/s', empty: 'No command has come yet',
      data: x => {
        const over = windowed(x.commands);
        return [...['l1_hits', 'l2_hits', 'l3_hits', 'misses', 'errors'].map(k => x[k].map(v => (v === null ? null : v * 1000 / x.step))),
          over.map((v, i) => (x.commands[i] === null ? null : v * 1000 / x.step / Math.min(i + 1, WINDOW_S)))];
      },
    },
    {
      id: 'latency', title: 'Latency of commands', note: 'of the last minute each, logarithmic scale',
      series: ['p50', 'p99'], format: micros, tick: micros, log: true, empty: 'No command has been timed yet',
      data: x => [x.p50_micros, x.p99_micros].map(a => a.map(v => (v > 0 ? v : null))),
    },
    {
      id: 'waiting', title: 'Commands that wait for Redis', note: null,
      series: ['flight', 'queued'], format: count, tick: v => short(v), empty: 'Nothing has been sent to Redis yet',
      data: x => [x.in_flight, x.queued],
    },
  ];

  const short = v => (v >= 1e6 ? three.format(v / 1e6) + ' M' : v >= 1e4 ? three.format(v / 1e3) + ' k' : three.format(v));
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let marks = [];

  /** A fill that is known by its hatching too; the lines are as far apart on every screen. */
  function fill(context, series) {
    const colour = css(series.colour);
    if (!series.hatch) return colour;
    const dots = devicePixelRatio || 1, size = Math.round(6 * dots);
    const tile = document.createElement('canvas');
    tile.width = tile.height = size;
    const c = tile.getContext('2d');
    c.fillStyle = css('--panel');
    c.fillRect(0, 0, size, size);
    c.strokeStyle = colour;
    c.lineWidth = (series.hatch === 2 ? 2 : 1.4) * dots;
    c.beginPath();
    for (const shift of [-size, 0, size]) {
      c.moveTo(shift - 1, size + 1);
      c.lineTo(shift + size + 1, -1);
      if (series.hatch === 2) {
        c.moveTo(shift - 1, -1);
        c.lineTo(shift + size + 1, size + 1);
      }
    }
    c.stroke();
    return context.createPattern(tile, 'repeat');
  }

  function swatch(canvas, series, solid) {
    const dots = devicePixelRatio || 1, w = 22 * dots, height = 12 * dots;
    canvas.width = w;
    canvas.height = height;
    const c = canvas.getContext('2d');
    if (solid) {
      c.fillStyle = fill(c, series);
      c.fillRect(0, 0, w, height);
      c.strokeStyle = css(series.colour);
      c.lineWidth = 2 * dots;
      c.strokeRect(0, 0, w, height);
    } else {
      c.strokeStyle = css(series.colour);
      c.lineWidth = (series.thin ? 1.25 : 2.25) * dots;
      c.setLineDash(series.dash.map(d => d * dots));
      c.beginPath();
      c.moveTo(0, height / 2);
      c.lineTo(w, height / 2);
      c.stroke();
    }
  }

  /** Names at the right end of each line or band, moved apart where they would cover each other. */
  function names(u, g) {
    const c = u.ctx, dots = devicePixelRatio || 1;
    const right = u.bbox.left + u.bbox.width, bottom = u.bbox.top + u.bbox.height, gap = 13 * dots;
    const at = [];
    for (let i = 1; i < u.series.length; i++) {
      const values = u.data[i], last = values.length - 1;
      if (last < 0 || values[last] === null || values[last] === undefined) continue;
      const key = u.series[i].key;
      let y = values[last];
      if (g.stacked && key !== g.line) {
        const own = g.raw[g.series.indexOf(key)][last];
        if (!own) continue;
        y -= own / 2;
      }
      at.push({ y: u.valToPos(y, 'y', true), text: SERIES[key].name });
    }
    at.sort((a, b) => a.y - b.y);
    for (let round = 0; round < 40; round++) {
      for (let i = 1; i < at.length; i++) {
        const lack = gap - (at[i].y - at[i - 1].y);
        if (lack > 0) {
          at[i - 1].y -= lack / 2;
          at[i].y += lack / 2;
        }
      }
    }
    for (let i = 0, limit = u.bbox.top; i < at.length; i++, limit = at[i - 1].y + gap) at[i].y = Math.max(at[i].y, limit);
    for (let i = at.length - 1, limit = bottom; i >= 0; i--, limit -= gap) at[i].y = Math.min(at[i].y, limit);
    c.save();
    c.font = 11 * dots + 'px system-ui, sans-serif';
    c.textAlign = 'left';
    c.textBaseline = 'middle';
    c.fillStyle = css('--ink');
    for (const { y, text } of at) c.fillText(text === 'all commands' ? 'commands' : text, right + 5 * dots, y);
    c.restore();
  }

  function markEvents(u) {
    const c = u.ctx, dots = devicePixelRatio || 1;
    c.save();
    c.strokeStyle = css('--soft');
    c.lineWidth = dots;
    c.setLineDash([dots, 3 * dots]);
    c.beginPath();
    for (const t of marks) {
      if (t < u.scales.x.min || t > u.scales.x.max) continue;
      const x = Math.round(u.valToPos(t, 'x', true)) + .5;
      c.moveTo(x, u.bbox.top);
      c.lineTo(x, u.bbox.top + u.bbox.height);
    }
    c.stroke();
    c.restore();
  }

  function logRange(u, low, high) {
    if (low === null || low === undefined || !(low > 0)) return [10, 10000];
    const from = 10 ** Math.floor(Math.log10(low)), to = 10 ** Math.ceil(Math.log10(high * 1.001));
    return [from, to > from ? to : from * 10];
  }
  function logSplits(u, axis, low, high) {
    const few = high / low < 50, out = [];
    for (let p = low; p <= high * 1.001; p *= 10) for (const f of few ? [1, 2, 5] : [1]) if (p * f <= high * 1.001) out.push(p * f);
    return out;
  }

  function plot(g, box) {
    const keys = g.line ? [...g.series, g.line] : g.series;
    // From the top of the stack down, so that each band ends where the one below begins.
    const series = keys.map(key => {
      const s = SERIES[key], band = g.stacked && key !== g.line;
      return { key, label: s.name, scale: 'y', stroke: () => css(s.colour), width: band ? 0 : s.thin ? 1.25 : 2, dash: band ? [] : s.dash,
        fill: band ? u => fill(u.ctx, s) : undefined, points: { show: false }, spanGaps: false };
    });
    const bands = g.stacked ? g.series.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })) : [];
    const grid = { stroke: () => css('--line'), width: 1 };
    const axis = { stroke: () => css('--soft'), font: '11px system-ui, sans-serif', grid, ticks: { show: false } };
    return new uPlot({
      width: Math.max(200, box.clientWidth), height: 190, ms: 1, padding: [8, 66, 0, 0], legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'time', setSeries: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: (u, low, high) => [g.from ?? low, g.to ?? high] },
        y: g.log ? { distr: 3, range: logRange }
          : { range: g.range || ((u, low, high) => (high > 0 ? uPlot.rangeNum(0, high, 0.1, true) : [0, 1])) },
      },
      axes: [
        { ...axis, space: 72, size: 26, gap: 7,
          values: (u, splits) => splits.map(t => (splits.every(x => x % 60000 === 0) ? minute : clock).format(t)) },
        { ...axis, scale: 'y', gap: 4, space: 28,
          // The same for all, so that one moment is at one place in graphs above each other.
          size: 58,
          splits: g.log ? logSplits : g.splits ? () => g.splits : undefined, filter: (u, splits) => splits,
          values: (u, splits) => splits.map(v => (!g.log && g.format === count && v % 1 !== 0 ? '' : g.tick(v))) },
      ],
      series: [{}, ...series], bands,
      hooks: { drawAxes: [markEvents], draw: [u => names(u, g)], setCursor: [() => legend(g)] },
    }, [[], ...keys.map(() => [])], box);
  }

  function frame(section) {
    const all = h('div', { class: 'all' });
    section.replaceChildren(h('h2', {}, 'Graphs', h('span', { class: 'note' })), all);
    for (const g of GRAPHS) {
      const keys = g.line ? [...g.series, g.line] : g.series;
      g.items = keys.map(key => {
        const canvas = h('canvas', { 'aria-hidden': 'true' }), value = h('b', {});
        return { key, canvas, value, item: h('li', {}, canvas, SERIES[key].name, value) };
      });
      g.moment = h('li', { class: 'moment' });
      g.over = h('p', { class: 'over' });
      g.box = h('div', { class: 'plot', tabindex: 0, role: 'img', 'aria-label': g.title });
      all.append(h('figure', { id: g.id },
        h('figcaption', {}, h('h3', {}, g.title), g.note ? h('span', { class: 'note' }, g.note) : null),
        h('ul', { class: 'legend' }, g.items.map(i => i.item), g.moment), g.box));
      g.box.addEventListener('keydown', e => walk(g, e));
      g.box.addEventListener('blur', () => g.plot && g.plot.setCursor({ left: -10, top: -10 }, true, true));
    }
    draw();
    new ResizeObserver(() => {
      for (const g of GRAPHS) {
        const width = g.box.clientWidth;
        if (g.plot && width > 0 && width !== g.plot.width) g.plot.setSize({ width, height: 190 });
      }
    }).observe(all);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  }

  /** Anew, in the colours of now. */
  function draw() {
    for (const g of GRAPHS) {
      if (g.plot) g.plot.destroy();
      g.plot = plot(g, g.box);
      g.box.append(g.over);
      for (const i of g.items) swatch(i.canvas, SERIES[i.key], g.stacked && i.key !== g.line);
      if (g.raw) feed(g);
    }
  }

  function walk(g, e) {
    const u = g.plot, n = u.data[0].length;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -n, End: n }[e.key];
    if (e.key === 'Escape') u.setCursor({ left: -10, top: -10 }, true, true);
    if (step === undefined || n === 0) return;
    e.preventDefault();
    const from = u.cursor.left >= 0 ? u.cursor.idx ?? n - 1 : step < 0 ? n : n - 2;
    const to = Math.max(0, Math.min(n - 1, from + step));
    u.setCursor({ left: u.valToPos(u.data[0][to], 'x'), top: 1 }, true, true);
  }

  /** The values where the cursor is, else the last. */
  function legend(g) {
    const u = g.plot;
    if (!g.raw || !u) return;
    const last = g.times.length - 1;
    const pointed = u.cursor.left >= 0 && last >= 0;
    const i = pointed ? u.posToIdx(u.cursor.left) : last;
    g.items.forEach((item, k) => {
      const text = i < 0 ? NONE : g.format(g.raw[k][i]);
      if (item.value.textContent !== text) item.value.textContent = text;
    });
    const moment = pointed ? 'at ' + clock.format(g.times[i]) : '';
    if (g.moment.textContent !== moment) g.moment.textContent = moment;
  }

  function feed(g) {
    let columns = g.raw;
    if (g.stacked) {
      const under = new Array(g.times.length).fill(0);
      columns = g.raw.map((column, k) => (k >= g.series.length ? column
        : column.map((v, i) => (v === null ? null : (under[i] += v)))));
    }
    g.plot.setData([g.times, ...columns]);
    legend(g);
  }

  function graphs(s) {
    const section = byId('graphs');
    if (!window.uPlot) {
      become(section, h('section', { id: 'graphs' }, h('h2', {}, 'Graphs'),
        h('p', { class: 'empty' }, 'The graph library, /page/lib/uPlot.iife.min.js, could not be loaded. The numbers are complete without it.')));
      return;
    }
    if (!section.querySelector('.all')) frame(section);
    const x = samples(s);
    const first = x.at[0] ?? s.at, span = Math.max(60000, Math.min(600000, s.at - first));
    marks = s.events.map(e => e.at).sort((a, b) => b - a).slice(0, 12);
    section.querySelector('h2 .note').textContent = 'last ' + length(span) + ', local time (' + zone() + ')'
      + (marks.some(t => t >= s.at - span) ? '; dotted lines: events' : '');
    const there = new Set(['l1', ...s.tiers.map(t => t.tier)]);
    for (const g of GRAPHS) {
      for (const i of g.items) i.item.hidden = /^l\d$/.test(i.key) && !there.has(i.key);
      g.times = x.at;
      g.from = s.at - span;
      g.to = s.at;
      g.raw = g.data(x);
      feed(g);
      const some = g.raw.some(column => column.some(v => v > 0));
      const text = x.at.length < 2 ? 'Graphs begin after two seconds' : some ? '' : g.empty;
      if (g.over.textContent !== text) g.over.textContent = text;
      g.box.setAttribute('aria-label', g.title + ', ' + length(span) + ' up to ' + minute.format(s.at)
        + '. Left and right arrow keys read out single moments in the list above.');
    }
  }

  /** The samples, with holes where there are none, so that no line is drawn over a time that nobody measured. */
  function samples(s) {
    const y = s.history, names = ['commands', 'l1_hits', 'l2_hits', 'l3_hits', 'misses', 'errors', 'p50_micros', 'p99_micros', 'in_flight', 'queued'];
    const out = { at: [], step: y.step_ms };
    for (const name of names) out[name] = [];
    y.at.forEach((at, i) => {
      if (i > 0 && at - y.at[i - 1] > 3 * y.step_ms) {
        out.at.push(y.at[i - 1] + y.step_ms);
        for (const name of names) out[name].push(null);
      }
      out.at.push(at);
      for (const name of names) out[name].push(y[name][i] ?? null);
    });
    return out;
  }

  // ---- asking

  let timer = 0, failures = 0, since = 0, next = 0, asking = null, last = null, firstVersion = null, said = '';

  function say(text) {
    if (text !== said) byId('announce').textContent = said = text;
  }

  function live(state, text) {
    const e = byId('live');
    e.setAttribute('data-state', state);
    if (e.textContent !== text) e.textContent = text;
  }

  function notice(text, again) {
    const n = byId('notice'), p = n.querySelector('p');
    n.hidden = text === '';
    if (p.textContent !== text) p.textContent = text;
    byId('try-now').hidden = !again;
  }

  function accept(s) {
    const [ready, why] = readiness(s);
    failures = 0;
    last = s;
    firstVersion = firstVersion ?? s.version;
    remember(s);
    show(s);
    document.body.classList.remove('old');
    document.title = (s.status === 'UP' ? '' : s.status + ' – ') + (s.ready ? '' : ready + ' – ') + s.pod + ' – Tiercel sidecar';
    live('on', 'Live, every second');
    notice(firstVersion === s.version ? '' : 'The sidecar is now version ' + s.version + ', this page is of ' + firstVersion + ': reload it.', false);
    say('Status ' + s.status + ', ' + ready + (why ? ': ' + why : ''));
  }

  function refuse(why) {
    if (failures++ === 0) since = Date.now();
    document.body.classList.add('old');
    document.title = 'No answer – ' + (last ? last.pod + ' – ' : '') + 'Tiercel sidecar';
    next = Date.now() + Math.min(LONGEST_PAUSE_MS, EVERY_MS * 2 ** (failures - 1));
    gone(why);
    say('No answer from the sidecar. ' + why);
  }

  let reason = '';
  function gone(why) {
    reason = why;
    const wait = Math.max(0, Math.ceil((next - Date.now()) / 1000));
    live('gone', 'No answer');
    notice('No answer since ' + clock.format(since) + ': ' + reason + ' '
      + (last ? 'The numbers are those of ' + clock.format(last.at) + '. ' + (last.draining ? 'It was draining then, so it has probably ended as it was told. ' : '') : '')
      + (asking ? 'Asking now.' : 'Next try in ' + wait + ' s.'), true);
  }

  async function ask() {
    if (asking) return;
    const given = asking = new AbortController();
    const limit = setTimeout(() => given.abort('late'), GIVE_UP_MS);
    let answer = null, why = '';
    try {
      const response = await fetch('/api/status', { signal: given.signal, cache: 'no-store', headers: { Accept: 'application/json' } });
      if (response.ok) {
        answer = await response.json();
      } else {
        why = 'it answers /api/status with HTTP ' + response.status + '.';
      }
    } catch (e) {
      why = given.signal.aborted ? 'nothing came within ' + GIVE_UP_MS / 1000 + ' s.'
        : e instanceof SyntaxError ? 'its answer is not JSON; is something else behind this address?' : 'it cannot be reached.';
    }
    clearTimeout(limit);
    asking = null;
    if (given.signal.reason === 'hidden') {
      if (!document.hidden) ask();
      return;
    }
    if (answer !== null) {
      try {
        accept(answer);
      } catch (e) {
        console.error(e);
        refuse('this page does not understand its answer (' + e.message + '); reload the page.');
      }
    } else {
      refuse(why);
    }
    if (failures === 0) timer = setTimeout(ask, EVERY_MS);
    else wait();
  }

  /** Counts down to the next try. */
  function wait() {
    timer = setTimeout(() => {
      if (Date.now() >= next) ask();
      else wait();
      gone(reason);
    }, 500);
  }

  function now() {
    clearTimeout(timer);
    ask();
  }

  byId('try-now').addEventListener('click', () => { next = 0; now(); });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      clearTimeout(timer);
      if (asking) asking.abort('hidden');
      live('paused', 'Paused while out of sight');
    } else {
      now();
    }
  });
  if (!document.hidden) {
    live('on', 'Asking for the status');
    ask();
  }
})();
