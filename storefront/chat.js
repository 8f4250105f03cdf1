/** The shop's chat: a button on the page, a conversation in a shadow root of its own.
 * Every text is written as text; styles come by a constructed sheet: a strict content policy needs no exception.
 * The chat's token is kept as the visitor's consent allows (this tab only, or on) and travels in bodies only.
 * @typedef {{number: number, at: number, by: string, text?: string, file?: {name: string, type: string, size: number}}} Line
 * @typedef {{id: string, title: string, text: string, yes: string, no: string}} Invitation
 * @typedef {{presence: "here"|"soon"|"away", opensAt: ?number, shop: string, side: string, hasAddress: boolean, lines: Line[], unread: number, invitation: ?Invitation}} Welcome
 */
import { CSS, WORDS } from "./chat.words.js";

const BUBBLE = "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
const CLIP = "M16.5 6v11.5a4 4 0 0 1-8 0V5a2.5 2.5 0 0 1 5 0v10.5a1 1 0 0 1-2 0V6H10v9.5a2.5 2.5 0 0 0 5 0V5a4 4 0 0 0-8 0v12.5a5.5 5.5 0 0 0 11 0V6z";
const BELL = "M12 2a6 6 0 0 0-6 6v5l-2 3v1h16v-1l-2-3V8a6 6 0 0 0-6-6zm-2.500 16.500a2.500 2.500 0 0 0 5 0z";
const LARGEST = 5 * 1024 * 1024, BUDGET = 20000, SILENCE = 6000;
let started = false;

/** @param {Object} kit what wraca.js lends its parts @param {Object} _answer @param {Object} api */
export default function begin(kit, _answer, api) {
  if (started) return;
  started = true;
  new Chat(kit, api).start();
}

class Chat {
  constructor(kit, api) {
    this.kit = kit;
    this.root = kit.root;
    this.doc = kit.root.document;
    const language = (this.doc.documentElement.lang || kit.root.navigator.language || "en").slice(0, 2).toLowerCase();
    this.language = WORDS[language] ? language : "en";
    this.words = WORDS[this.language];
    this.host = kit.wish().host.replace(/\/+$/, "");
    this.kept = this.remembered();
    this.after = 0;
    this.unread = 0;
    this.seen = new Set();
    this.pending = null; // {id, text}: said, and not yet known to be heard
    this.invitation = null;
    this.open = false;
    this.streams = true;
    this.tries = 0;
    // A log-out, or a consent that is taken back, ends what this browser knows of the conversation.
    for (const name of ["reset", "setConsent"]) {
      const before = api[name];
      api[name] = (...said) => { before.apply(api, said); kit.guard(() => { if (name === "reset" || kit.mode() === "none") this.forget(); })(); };
    }
  }

  // --- what is kept, and what is asked ---------------------------------------------------------------------------------------

  remembered() { try { return JSON.parse(this.kit.read("chat")) || {}; } catch (e) { return {}; } }
  keep(fields) { Object.assign(this.kept, fields); this.kit.write("chat", JSON.stringify(this.kept)); }

  forget() {
    this.stopped = true;
    if (this.controller) this.controller.abort();
    this.kit.write("chat", "");
    if (this.home) this.home.remove();
    started = false;
  }

  request(call, fields, signal) {
    const body = this.kit.sign(Object.assign({ token: this.kept.token || "", language: this.language }, fields));
    return this.root.fetch(`${this.host}/v1/chat/${call}`, { method: "POST", headers: { "content-type": "text/plain" }, body, signal, credentials: "omit", referrerPolicy: "origin" });
  }

  async ask(call, fields, budget = BUDGET) {
    const stop = new AbortController(), clock = this.root.setTimeout(() => stop.abort(), budget);
    try {
      const answer = await this.request(call, fields || {}, stop.signal);
      return Object.assign({ status: answer.status }, await answer.json());
    } finally { this.root.clearTimeout(clock); }
  }

  // --- the beginning -----------------------------------------------------------------------------------------------------------

  async start() {
    let welcome;
    try { welcome = await this.ask("hello"); } catch (e) { started = false; return; }
    if (welcome.status !== 200 || welcome.success === false || this.kit.mode() === "none") {
      if (welcome.code === "unknown" && this.kept.token) { this.kept = {}; this.kit.write("chat", ""); started = false; }
      return;
    }
    this.welcome = welcome;
    this.build();
    welcome.lines.forEach((line) => this.add(line));
    this.count(welcome.unread);
    if (this.kept.open) this.show(false);
    if (welcome.lines.length) this.listen();
    if (welcome.invitation && !this.open) this.invite(welcome.invitation);
    this.root.addEventListener("pagehide", () => this.controller && this.controller.abort());
    this.root.addEventListener("pageshow", (event) => { if (event.persisted && this.seen.size) this.listen(); });
  }

  build() {
    const w = this.words, welcome = this.welcome;
    this.home = this.doc.createElement("div");
    this.home.setAttribute("data-wraca-chat", "");
    this.shadow = this.home.attachShadow({ mode: "open" });
    const sheet = new this.root.CSSStyleSheet();
    sheet.replaceSync(CSS);
    this.shadow.adoptedStyleSheets = [sheet];
    const box = this.make("div", { class: `box ${welcome.side === "left" ? "left" : "right"}`, lang: this.language });
    this.badge = this.make("span", { class: "badge", hidden: "" });
    this.button = this.make("button", { type: "button", class: "launch", "aria-expanded": "false", "aria-haspopup": "dialog" }, [this.icon(BUBBLE), this.badge]);
    this.name(0);
    this.button.addEventListener("click", () => (this.open ? this.hide() : this.show(true)));
    this.log = this.make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": w.conversation, tabindex: "0" });
    this.state = this.make("p", { class: "state" }, this.standing());
    this.note = this.make("p", { class: "note", role: "status" });
    this.text = this.make("textarea", { id: "words", rows: "2", maxlength: "2000", placeholder: w.placeholder });
    this.file = this.make("input", { type: "file", class: "file", accept: "image/png,image/jpeg,image/gif,image/webp,application/pdf", "aria-label": w.attach, tabindex: "-1" });
    const attach = this.make("button", { type: "button", class: "plain", title: w.attach, "aria-label": w.attach }, [this.icon(CLIP)]);
    attach.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", this.kit.guard(() => this.sendFile()));
    this.sound = this.make("button", { type: "button", class: "plain", "aria-pressed": String(!!this.kept.sound), title: w.sound, "aria-label": w.sound }, [this.icon(BELL)]);
    this.sound.addEventListener("click", () => { this.keep({ sound: !this.kept.sound }); this.sound.setAttribute("aria-pressed", String(this.kept.sound)); if (this.kept.sound) this.ring(); });
    const form = this.make("form", { class: "say" }, [this.make("label", { for: "words", class: "unseen" }, w.placeholder), this.text,
      this.make("div", { class: "row" }, [attach, this.file, this.sound, this.make("button", { type: "submit", class: "send" }, w.send)])]);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.sayTyped(); });
    this.text.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.sayTyped(); } });
    const close = this.make("button", { type: "button", class: "plain close", "aria-label": w.close }, "\u00d7");
    close.addEventListener("click", () => this.hide());
    this.panel = this.make("section", { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" }, [
      this.make("header", {}, [this.make("h2", { id: "title" }, welcome.shop), close]), this.state, this.log, this.addressForm(), this.note, form]);
    this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); this.hide(); } });
    this.heralds = this.make("div", { "aria-live": "polite" }); // there from the beginning, so that readers hear what comes into it
    box.append(this.panel, this.heralds, this.button);
    this.shadow.append(box);
    this.doc.body.append(this.home);
  }

  make(tag, attributes, content) {
    const made = this.doc.createElement(tag);
    Object.entries(attributes || {}).forEach(([name, value]) => made.setAttribute(name, value));
    if (Array.isArray(content)) made.append(...content); else if (content) made.textContent = content;
    return made;
  }

  /** Drawn, not typed: many machines have no font for such signs. */
  icon(drawing) {
    const space = "http://www.w3.org/2000/svg", picture = this.doc.createElementNS(space, "svg"), path = this.doc.createElementNS(space, "path");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", drawing);
    picture.append(path);
    return picture;
  }

  standing() {
    const { presence, opensAt } = this.welcome, w = this.words;
    if (presence !== "away" || !opensAt) return presence === "away" ? w.closed : w[presence];
    const when = new Intl.DateTimeFormat(this.language, { weekday: "long", hour: "numeric", minute: "2-digit" }).format(new Date(opensAt));
    return w.away.replace("{when}", when);
  }

  // --- open and shut -----------------------------------------------------------------------------------------------------------

  show(byHand) {
    this.open = true;
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.keep({ open: true });
    this.dropCard();
    this.read();
    this.log.scrollTop = this.log.scrollHeight;
    if (byHand) this.text.focus();
  }

  hide() {
    const inside = this.shadow.activeElement && this.panel.contains(this.shadow.activeElement);
    this.open = false;
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.keep({ open: false });
    if (inside) this.button.focus();
  }

  read() {
    if (!this.unread) return;
    this.count(0);
    this.ask("read").catch(() => {});
  }

  name(unread) { this.button.setAttribute("aria-label", unread ? this.words.unread.replace("{n}", unread) : this.words.open); }

  count(unread) {
    this.unread = unread;
    this.badge.textContent = unread > 9 ? "9+" : String(unread);
    this.badge.hidden = !unread;
    this.name(unread);
  }

  // --- an invitation of a journey: once, and without taking the focus -----------------------------------------------------------

  invite(invitation) {
    this.invitation = invitation;
    const yes = this.make("button", { type: "button", class: "send" }, invitation.yes), no = this.make("button", { type: "button", class: "plain" }, invitation.no);
    this.card = this.make("div", { class: "card", role: "group", "aria-label": invitation.title }, [this.make("strong", {}, invitation.title), this.make("p", {}, invitation.text), this.make("div", { class: "row" }, [yes, no])]);
    yes.addEventListener("click", () => { const said = invitation.text; this.dropCard(); this.show(true); this.bubble({ by: "journey", text: said }); });
    no.addEventListener("click", () => { this.dropCard(); this.invitation = null; this.ask("invited", { id: invitation.id, what: "refused" }).catch(() => {}); this.button.focus(); });
    this.card.addEventListener("keydown", (event) => { if (event.key === "Escape") no.click(); });
    this.heralds.append(this.card);
    this.ask("invited", { id: invitation.id, what: "shown" }).catch(() => {});
  }

  dropCard() { if (this.card) { this.card.remove(); this.card = null; } }

  // --- what is said --------------------------------------------------------------------------------------------------------------

  sayTyped() {
    const text = this.text.value.trim();
    if (!text || this.busy) return;
    if (!this.pending || this.pending.text !== text) this.pending = { id: this.root.crypto.randomUUID(), text };
    this.send(this.pending).then((done) => { if (done) { this.pending = null; this.text.value = ""; } });
  }

  sendFile() {
    const file = this.file.files[0];
    this.file.value = "";
    if (!file || this.busy) return;
    if (file.size > LARGEST) { this.tell(this.words.large_file); return; }
    const reader = new this.root.FileReader();
    reader.onload = () => this.send({ id: this.root.crypto.randomUUID(), text: "", name: file.name, file: String(reader.result).split(",")[1] || "" });
    reader.readAsDataURL(file);
  }

  /** @returns {Promise<boolean>} whether it was taken; a repeat under the same id is harmless */
  async send(words) {
    const w = this.words;
    this.busy = true;
    this.tell("");
    try {
      if (!this.kept.token) {
        const opened = await this.ask("open");
        if (!opened.token) throw 0;
        this.keep({ token: opened.token });
      }
      const invitation = this.invitation ? this.invitation.id : "";
      const answer = await this.ask("say", Object.assign({ invitation }, words), words.file ? 120000 : BUDGET);
      if (!answer.success) { this.tell(answer.status === 429 ? w.too_fast : w[answer.code] || w.not_sent); return false; }
      this.invitation = null;
      if (!this.seen.size) this.shadow.querySelectorAll(".line.loose").forEach((one) => one.remove());
      this.listen();
      this.askForAddress();
      return true;
    } catch (e) {
      this.tell(w.not_sent);
      return false;
    } finally { this.busy = false; }
  }

  tell(text) { this.note.textContent = text; }

  /** @param {Line} line once each, in the order of their numbers */
  add(line) {
    if (this.seen.has(line.number)) return;
    this.seen.add(line.number);
    this.after = Math.max(this.after, line.number);
    this.bubble(line);
  }

  bubble(line) {
    const who = line.by === "visitor" ? this.words.you : this.welcome.shop;
    const parts = [this.make("span", { class: "unseen" }, `${who}: `)];
    if (line.text) parts.push(this.make("span", {}, line.text));
    if (line.file) parts.push(this.fileButton(line));
    const made = this.make("div", { class: `line ${line.by === "visitor" ? "mine" : "theirs"}${line.number ? "" : " loose"}` }, parts);
    this.log.append(made);
    this.log.scrollTop = this.log.scrollHeight;
  }

  fileButton(line) {
    const button = this.make("button", { type: "button", class: "attached" }, `${line.file.name} (${Math.max(1, Math.round(line.file.size / 1024))} kB)`);
    button.addEventListener("click", async () => {
      const answer = await this.request("file", { number: line.number });
      if (!answer.ok) return;
      const link = this.make("a", { href: this.root.URL.createObjectURL(await answer.blob()), download: line.file.name });
      link.click();
      this.root.setTimeout(() => this.root.URL.revokeObjectURL(link.href), 60000);
    });
    return button;
  }

  // --- an address to answer to -----------------------------------------------------------------------------------------------------

  addressForm() {
    const w = this.words;
    this.address = this.make("input", { id: "address", type: "email", autocomplete: "email", maxlength: "320", required: "", "aria-describedby": "why" });
    this.leaving = this.make("form", { class: "leave", hidden: "" }, [this.make("label", { for: "address" }, w.address), this.make("div", { class: "row" }, [this.address, this.make("button", { type: "submit", class: "send" }, w.leave)]), this.make("p", { id: "why", class: "why" }, w.why)]);
    this.leaving.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const answer = await this.ask("address", { address: this.address.value });
        if (!answer.success) { this.tell(w[answer.code] || w.not_sent); return; }
        this.welcome.hasAddress = true;
        this.leaving.hidden = true;
        this.tell(w.left);
      } catch (e) { this.tell(w.not_sent); }
    });
    return this.leaving;
  }

  askForAddress() { this.leaving.hidden = this.welcome.hasAddress || this.welcome.presence === "here"; }

  // --- what is heard: a stream, or where something on the way holds it back, one answer at a time --------------------------------------

  listen() {
    if (this.listening || this.stopped || !this.kept.token) return;
    this.listening = true;
    this.controller = new AbortController();
    const heard = this.streams ? this.stream(this.controller) : this.poll(this.controller);
    heard.then(() => { this.tries = 0; return 100; }, (fault) => (fault && fault.name === "AbortError" && this.controller.signal.aborted && !this.held ? -1 : Math.min(60000, 1000 * 2 ** this.tries++)))
      .then((wait) => { this.listening = this.held = false; if (wait >= 0) this.root.setTimeout(() => this.listen(), wait * (1 + Math.random() / 4)); });
  }

  async stream(controller) {
    // The server says something at once: where nothing comes, a proxy collects the stream.
    const clock = this.root.setTimeout(() => { this.streams = false; this.held = true; controller.abort(); }, SILENCE);
    const answer = await this.request("listen", { after: this.after }, controller.signal);
    if (!answer.ok || !answer.body) { this.root.clearTimeout(clock); if (answer.ok) this.streams = false; throw new Error("no stream"); }
    const reader = answer.body.getReader(), decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      this.root.clearTimeout(clock);
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const events = text.split("\n\n");
      text = events.pop();
      events.forEach((event) => event.split("\n").forEach((row) => { if (row.startsWith("data: ")) this.hear(JSON.parse(row.slice(6))); }));
    }
  }

  async poll(controller) {
    const answer = await this.request("listen", { after: this.after, poll: true }, controller.signal);
    if (!answer.ok) throw new Error("no answer");
    (await answer.json()).lines.forEach((line) => this.hear(line));
  }

  hear(line) {
    if (this.kit.mode() === "none") { this.forget(); return; }
    if (this.seen.has(line.number)) return;
    this.add(line);
    if (line.by === "visitor") return;
    this.count(this.unread + 1);
    if (this.open && this.doc.visibilityState === "visible") this.read();
    if (line.by === "team") this.welcome.presence = "here";
    this.state.textContent = this.standing();
    if (this.kept.sound) this.ring();
  }

  ring() {
    try {
      const audio = new this.root.AudioContext(), tone = audio.createOscillator(), loud = audio.createGain();
      tone.frequency.value = 660;
      loud.gain.setValueAtTime(0.08, audio.currentTime);
      loud.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.35);
      tone.connect(loud).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + 0.35);
      tone.onended = () => audio.close();
    } catch (e) { /* the browser lets nothing sound before the page was touched */ }
  }
}
