// Where a visitor is, in the address, and how the "Train" tab is set, in the browser, so that a reload changes nothing.
// Each tab of the browser remembers for itself; one that is opened anew starts as the last one was left.
(() => {
  const KEY = "smallimg-train";
  const stores = () => {
    try { return [window.sessionStorage, window.localStorage]; } catch { return []; }  // a browser may forbid it
  };
  const kept = () => {
    for (const store of stores()) {
      try {
        const found = JSON.parse(store.getItem(KEY));
        if (found) return found;
      } catch { /* not ours: as if there were nothing */ }
    }
    return {};
  };

  let ready = false;  // until what was kept is back in its fields, these say nothing about what somebody chose
  // … and nobody chooses anything there yet: the answer that is on its way would take it back (style.css).
  // Where none comes, because the server was full or gone, the page is there to be tried all the same.
  const OPENS_AFTER_MS = 20000;
  const open = () => document.documentElement.classList.remove("si-opening");
  document.documentElement.classList.add("si-opening");
  setTimeout(open, OPENS_AFTER_MS);
  const keep = (changes) => {
    if (!ready) return;
    const text = JSON.stringify({ ...kept(), ...changes });
    for (const store of stores()) {
      try { store.setItem(KEY, text); } catch { /* full: then it is forgotten */ }
    }
  };

  const asked = new URLSearchParams(location.search);  // by the link that was followed
  let tab = asked.get("tab") ?? "try", run = asked.get("run") ?? kept().run;
  const JOBS = { evaluate: "evaluation", inside: "map", why: "study" };  // tab → what it looks at
  const jobs = Object.fromEntries(Object.values(JOBS).map((name) => [name, asked.get(name) ?? kept()[name]]));
  const shown = () => document.querySelector("[role=tab][aria-selected=true]")?.dataset.tabId;
  const show = () => {
    const address = new URL(location.href);
    const wanted = { train: { tab, run }, try: {} }[tab] ?? { tab, [JOBS[tab]]: jobs[JOBS[tab]] };
    for (const name of ["tab", "run", ...Object.values(JOBS)]) {
      if (wanted[name]) address.searchParams.set(name, wanted[name]); else address.searchParams.delete(name);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  };

  window.smallimgMemory = {
    address: () => ({ tab: asked.get("tab"), run: asked.get("run"), ...jobs, kept: kept() }),
    ready: () => {
      // Who clicked before the page listened is at a tab that it has not heard of.
      tab = shown() ?? tab;
      ready = true;
      open();
      show();
    },
    keep: (names, values) => keep(Object.fromEntries(names.map((name, index) => [name, values[index]]))),
    // The first tab is chosen for a moment before the one of the link is, and that is told late: it is no choice of
    // anybody.
    tab: (name) => {
      if ((shown() ?? name) !== name) return;
      tab = name;
      if (ready || name !== "try") show();
    },
    run: (id) => { run = id; keep({ run }); if (ready) show(); },
    job: (name, id) => { jobs[name] = id; keep({ [name]: id }); if (ready) show(); },
  };
})();
