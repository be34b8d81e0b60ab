/** What the page knows now: who is signed in, the packs, what was done, the line. Screens read it; changes redraw. */
import { say } from "./words";
import { Full, Store, uuid7, type Draft, type Kept, type Photo } from "./store";
import { Client, SignedOut, ask, waiting, type Host, type Line } from "./sync";
import { merged, type Body, type Kind, type Me, type Packed, type Packs } from "./wire";

const NOTHING: Packs = {
  duties: [], tiles: [], tasks: [], objects: [], checklists: [], kinds: [], hazards: [], alarms: [], forms: [], ground: {},
}; // prettier-ignore
const DONE_KEPT = 60; // how many finished records stay to be looked at
const CLOCK_OFF = 5 * 60_000;

export interface Deed {
  kind: Kind;
  body: Body;
  said: string;
  where?: string;
  base?: number | null;
  uploads?: string[];
  hold?: number;
  after?: string;
  /** The draft that it becomes again when it is taken back; else the one it was entered from. */
  from?: Kept["from"];
}

/** How much room the phone has, in bytes; `low`: less than its owner wants to be told of. */
export interface Room {
  used: number;
  left: number;
  low: boolean;
}
const MB = 1e6;
export const LOW_MB = 20; // under so much room the page says so, and photos are made smaller

class Field implements Host {
  store!: Store;
  device = "";
  me: Me | undefined;
  packs: Packs = { ...NOTHING };
  asOf = "";
  net: Line = "unknown";
  offset: number | undefined;
  full = false;
  broken = "";
  room: Room | undefined;
  lowMb = LOW_MB;
  readonly drafts = new Map<string, Draft>();
  private kept: Kept[] = [];
  private shots: Photo[] = [];
  private since = "";
  private readonly client = new Client(this);
  redraw: () => void = () => undefined;

  async open(): Promise<void> {
    this.store = await Store.open();
    this.device = (await this.store.setting<string>("device")) ?? "";
    if (!this.device) {
      this.device = uuid7();
      await this.store.set("device", this.device).catch(() => undefined);
    }
    this.offset = await this.store.setting<number>("offset");
    this.me = await this.store.setting<Me>("me");
    this.lowMb = (await this.store.setting<number>("low_mb")) ?? LOW_MB;
    [this.kept, this.shots] = await Promise.all([this.store.all<Kept>("records"), this.store.all<Photo>("photos")]);
    for (const one of await this.store.all<Draft>("drafts")) this.drafts.set(one.key, one);
    await this.load();
    await this.sweep();
    void this.measure();
  }

  /** Drop photos that nothing names any more: their form chose another, their draft was thrown away. */
  private async sweep(): Promise<void> {
    const named = JSON.stringify([this.kept.map((r) => r.uploads), [...this.drafts.values()]]);
    const day = uuid7(Date.now() - 864e5); // ids sort by time; a younger one may be on its way into a draft
    const lost = this.shots.filter((p) => p.id < day && named.indexOf(p.id) < 0).map((p) => p.id);
    this.shots = this.shots.filter((p) => lost.indexOf(p.id) < 0);
    if (lost.length) await this.store.drop("photos", ...lost);
  }

  /** Ask the browser how much room there is; some do not tell, and some tell a guess. */
  async measure(): Promise<void> {
    if (!navigator.storage || !("estimate" in navigator.storage)) return;
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    const left = Math.max(quota - usage, 0);
    const was = this.room?.low;
    this.room = { used: usage, left, low: quota > 0 && left < this.lowMb * MB };
    if (was !== this.room.low || was) this.redraw();
  }

  async warnUnder(mb: number): Promise<void> {
    this.lowMb = mb;
    await this.store.set("low_mb", mb);
    await this.measure();
    this.redraw();
  }

  /** Ask for everything anew: the language changed. */
  afresh(): void {
    this.since = "";
    this.send();
  }

  /** Take the packs of whoever is signed in from the phone. */
  private async load(): Promise<void> {
    const found = this.me ? await this.store.get<{ packs: Packs; as_of: string; token: string }>("packs", this.me.id) : undefined;
    this.packs = { ...NOTHING, ...found?.packs };
    this.asOf = found?.as_of ?? "";
    this.since = found?.token ?? "";
  }

  // --- the host of the client

  owner = (): string => this.me?.id ?? "";
  records = (): Kept[] => this.kept;
  photos = (): Photo[] => this.shots;
  token = (): string => this.since;
  changed = (): void => {
    this.shots = this.shots.filter((p) => !p.done);
    this.redraw();
  };
  line = (how: Line): void => {
    this.net = how;
    this.redraw();
  };
  ahead = (ms: number): void => {
    const before = this.offset;
    this.offset = Math.round(ms);
    if (before === undefined || Math.abs(before - ms) > 30_000) void this.store.set("offset", this.offset).catch(() => undefined);
  };

  async trying(records: Kept[]): Promise<void> {
    const fresh = records.map((r) => this.record(r.id)).filter((r): r is Kept => r !== undefined && !r.tried);
    for (const one of fresh) one.tried = true;
    if (fresh.length) await this.store.put("records", ...fresh);
  }

  async judged(records: Kept[]): Promise<void> {
    for (const one of records) Object.assign(this.record(one.id) ?? {}, one);
    const over = this.over(this.mine()).sort((a, b) => b.seq - a.seq).slice(DONE_KEPT);
    this.kept = this.kept.filter((r) => !over.includes(r));
    try {
      if (over.length) await this.store.drop("records", ...over.map((r) => r.id));
      await this.store.put("records", ...records);
    } catch (error) {
      if (!(error instanceof Full)) throw error; // sent again next time: the server knows it already
    }
    this.redraw();
  }

  /** Which records may go: done, and none of their photos is still to be sent. */
  private over = (records: Kept[]): Kept[] =>
    records.filter((r) => (r.state === "done" || r.state === "settled") && !this.shots.some((p) => !p.done && r.uploads.includes(p.id)));

  /** Take in a pack. Whose it is decides whose records are shown and sent from now on. */
  async packed(pack: Packed): Promise<void> {
    const changed = pack.me.id !== this.me?.id;
    this.me = pack.me;
    if (changed) await this.load();
    this.packs = merged(this.packs, pack);
    this.asOf = pack.as_of ?? "";
    this.since = pack.token ?? "";
    try {
      await this.store.set("me", this.me);
      await this.store.put("packs", { key: this.me.id, packs: this.packs, as_of: this.asOf, token: this.since });
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      this.full = true;
    }
    this.redraw();
  }

  // --- what screens ask

  place = (): string => this.packs.ground.place ?? this.me?.posts?.[0]?.place ?? "";
  where = (): string => this.packs.ground.where ?? this.me?.posts?.[0]?.place_name ?? "";

  record = (id: string): Kept | undefined => this.kept.find((r) => r.id === id);
  mine = (): Kept[] => this.kept.filter((r) => r.owner === this.owner());
  waits = (): Kept[] => this.mine().filter((r) => r.state === "waiting");
  stuck = (): Kept[] => this.mine().filter((r) => r.state === "refused" || r.state === "conflict");
  /** What another account left on this phone: how many, never what. */
  sealed = (): number => this.kept.filter((r) => r.owner !== this.owner() && r.state === "waiting").length;
  /** How many ms the phone's clock stands before the server's, if that is worth telling. */
  clockOff = (): number => (this.offset !== undefined && Math.abs(this.offset) > CLOCK_OFF ? this.offset : 0);
  /** The time by the server's clock, as far as it is known. */
  now = (): number => Date.now() - (this.offset ?? 0);
  /** Say whether a thing has been done on this phone and is not refused: it is not offered twice. */
  doing = (kind: Kind, key: string, value: string): Kept | undefined =>
    this.mine().find((r) => r.kind === kind && r.body[key] === value && r.state !== "refused" && r.state !== "settled");

  send(): void {
    if (this.store) void this.client.now();
  }

  /** Write down a deed and send it when it may go. The words are kept before anything else is tried. */
  async enter(deed: Deed, draft = ""): Promise<Kept> {
    const record: Kept = {
      id: uuid7(), owner: this.owner(), seq: 0, kind: deed.kind, body: deed.body, at: new Date().toISOString(),
      offline: this.net !== "online" || !navigator.onLine, base: deed.base ?? null, uploads: deed.uploads ?? [],
      hold: deed.hold ? Date.now() + deed.hold : 0, tried: false, after: deed.after ?? "", state: "waiting",
      said: deed.said, where: deed.where ?? "", message: "", subject: "", href: "", now: null, mine: null, ended: "",
      from: deed.from ?? (draft ? { name: draft, values: { ...this.draft(draft) } } : undefined),
    }; // prettier-ignore
    const kept = await this.make(() => this.store.enter(record, draft ? this.key(draft) : ""));
    this.kept.push(kept ?? { ...record, seq: Date.now() });
    if (draft) this.drafts.delete(this.key(draft));
    this.tellWorker();
    this.send();
    this.redraw();
    return kept ?? record;
  }

  /** Do a write; with no room left make some (packs come again, finished records are at the server), then try once more. */
  private async make<T>(write: () => Promise<T>): Promise<T | undefined> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof Full)) throw error;
    }
    this.full = true;
    const over = this.over(this.kept);
    await this.store.drop("records", ...over.map((r) => r.id));
    this.kept = this.kept.filter((r) => !over.includes(r));
    await this.store.drop("packs", this.owner()).catch(() => undefined);
    this.since = "";
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      this.broken = "full"; // it is on the page still, and is sent from there; the page says so
      return undefined;
    }
  }

  async change(record: Kept): Promise<void> {
    Object.assign(this.record(record.id) ?? {}, record);
    await this.make(() => this.store.put("records", record));
    this.redraw();
    this.send();
  }

  /** Say whether a record has not left the phone: then it can be taken back, and nobody has seen it. */
  canTakeBack = (r: Kept): boolean => r.state === "waiting" && !r.tried && !r.after && (r.from !== undefined || r.kind === "callout.answer");

  /**
   * Take back what has not left the phone: it is a draft again, with what was added to it since. Returns the draft's
   * name, "" where nothing was typed (an answer). Raises Error where another draft of the name is being written.
   */
  async takeBack(id: string, values: (record: Kept, added: Kept[]) => Record<string, unknown>): Promise<string> {
    const record = this.record(id);
    if (!record || !this.canTakeBack(record)) throw new Error(say("已经发出去了，撤不回来。打电话告诉值班室。"));
    const { from } = record;
    if (from && Object.keys(this.draft(from.name)).length) throw new Error(say("同一件你正写着另一份，先交了或者不要了，再撤这一条。"));
    const added = this.kept.filter((r) => r.after === id);
    const over = [record, ...added];
    const key = from && this.key(from.name);
    const held = from ? values(record, added) : {};
    const draft = key && Object.keys(held).length ? { key, owner: this.owner(), at: new Date().toISOString(), values: held } : undefined;
    this.kept = this.kept.filter((r) => !over.includes(r)); // first: what is not here is not sent
    if (draft) this.drafts.set(draft.key, draft);
    try {
      await this.store.putBack(over.map((r) => r.id), draft);
    } catch (error) {
      this.kept.push(...over);
      if (draft) this.drafts.delete(draft.key);
      throw error;
    }
    this.redraw();
    return from?.name ?? "";
  }

  /** Drafts that hold something, the newest first. */
  begun = (): Draft[] => [...this.drafts.values()].filter((d) => d.owner === this.owner()).sort((a, b) => b.at.localeCompare(a.at));

  async forget(...ids: string[]): Promise<void> {
    const photos = this.kept.filter((r) => ids.includes(r.id)).flatMap((r) => r.uploads);
    this.kept = this.kept.filter((r) => !ids.includes(r.id));
    this.shots = this.shots.filter((p) => !photos.includes(p.id));
    await this.store.drop("records", ...ids);
    if (photos.length) await this.store.drop("photos", ...photos);
    this.redraw();
  }

  /** Keep a photo for sending; false where the phone has no room: the words go without it. */
  async addPhoto(blob: Blob): Promise<string> {
    const photo: Photo = { id: uuid7(), owner: this.owner(), blob, have: 0, done: false, wrong: "" };
    try {
      await this.store.put("photos", photo);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      this.full = true;
      this.redraw();
      return "";
    }
    this.shots.push(photo);
    void this.measure();
    return photo.id;
  }

  async dropPhoto(id: string): Promise<void> {
    this.shots = this.shots.filter((p) => p.id !== id);
    await this.store.drop("photos", id);
  }

  // --- drafts

  private key = (name: string): string => `${this.owner()}/${name}`;
  draft = (name: string): Record<string, unknown> => this.drafts.get(this.key(name))?.values ?? {};

  /** Keep what is being written, at every stroke. */
  async write(name: string, values: Record<string, unknown>): Promise<void> {
    const key = this.key(name);
    const draft: Draft = { key, owner: this.owner(), at: new Date().toISOString(), values: { ...this.draft(name), ...values } };
    this.drafts.set(key, draft);
    await this.make(() => this.store.put("drafts", draft));
  }

  async dropDraft(name: string): Promise<void> {
    this.drafts.delete(this.key(name));
    await this.store.drop("drafts", this.key(name));
  }

  // --- signing out

  /** Forget who is signed in and their packs; what they wrote stays sealed on the phone until they come back. */
  async signOut(): Promise<void> {
    const owner = this.owner();
    this.me = undefined;
    this.packs = { ...NOTHING };
    this.since = "";
    await this.store.drop("meta", "me");
    if (owner) await this.store.drop("packs", owner);
    await this.store.set("leaving", true);
    this.redraw();
  }

  async leave(): Promise<void> {
    if (!(await this.store.setting<boolean>("leaving"))) return;
    try {
      await ask("/accounts/logout/", { method: "POST" });
    } catch (error) {
      if (!(error instanceof SignedOut)) throw error; // a redirect: signed out
    }
    await this.store.drop("meta", "leaving");
  }

  private tellWorker(): void {
    if (!("serviceWorker" in navigator)) return;
    void navigator.serviceWorker.ready
      .then((at) => (at as unknown as { sync?: { register(tag: string): Promise<void> } }).sync?.register("anlan-field"))
      .catch(() => undefined);
  }
}

export const field = new Field();
export const toSend = (): number => waiting(field.records(), field.owner(), Number.MAX_SAFE_INTEGER).length;
