/** Sends what waits: records in their order first, since words outrank pictures, then photos in resumable pieces. */
import { judged, type Kept, type Photo, type Store } from "./store";
import type { Answered, Packed, Sent } from "./wire";

export const BATCH = 50;
const PIECE = 64 * 1024;
const PATIENCE = 25_000;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 5 * 60_000;

/** How it stands with the line. `signin`: the server does not know us; all is kept. */
export type Line = "unknown" | "online" | "offline" | "signin";

export class SignedOut extends Error {}
/** The server answered, and not with what was asked for. */
export class Unwell extends Error {}

const cookie = (name: string): string => {
  const found = new RegExp(`(?:^|; )${name}=([^;]*)`).exec(document.cookie);
  return found?.[1] ?? "";
};

/** Ask the server with the session and the token; a redirect to sign-in counts as signed out. */
export async function ask(path: string, options: RequestInit = {}, retried = false): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    if (options.method && options.method !== "GET" && !cookie("csrftoken")) await fetch("/field", { cache: "reload" });
    const answer = await fetch(path, {
      credentials: "same-origin",
      redirect: "manual",
      signal: stop.signal,
      ...options,
      headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, "X-Anlan-Field": "1", "X-CSRFToken": cookie("csrftoken"), ...(options.headers ?? {}) },
    });
    if (answer.status === 403 && options.method !== "GET" && options.method && !retried) {
      await fetch("/field", { cache: "reload" }); // the token went stale: the shell brings a new one
      return await ask(path, options, true);
    }
    if (answer.status === 401 || answer.type === "opaqueredirect") throw new SignedOut("401");
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/** What the client needs of the page around it. */
export interface Host {
  store: Store;
  device: string;
  owner(): string;
  records(): Kept[];
  photos(): Photo[];
  /** Take in a changed record or photo, kept already. */
  changed(): void;
  /** Take in what the server said of records. */
  judged(records: Kept[]): Promise<void>;
  /** Mark what is being sent: from here on it may be at the server, so it is added to, never changed. */
  trying(records: Kept[]): Promise<void>;
  line(how: Line): void;
  /** Learn the server's clock: how many ms the phone's stands before it. */
  ahead(ms: number): void;
  packed(pack: Packed): Promise<void>;
  token(): string;
  /** Sign out at the server, if that was asked for while there was no network. */
  leave(): Promise<void>;
}

export class Client {
  private running = false;
  private again = false;
  private wait = 0;
  private asked = "";
  private timer: number | undefined;

  constructor(private readonly host: Host) {}

  /** Send now, or right after what is being sent. */
  async now(): Promise<void> {
    window.clearTimeout(this.timer);
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        await this.round();
      } while (this.again);
      this.wait = 0;
      this.host.line("online");
      this.later();
    } catch (error) {
      this.failed(error);
    } finally {
      this.running = false;
    }
  }

  private failed(error: unknown): void {
    if (error instanceof SignedOut) this.host.line("signin");
    else {
      this.host.line("offline");
      this.wait = Math.min(this.wait ? this.wait * 2 : FIRST_WAIT, LONGEST_WAIT);
      this.timer = window.setTimeout(() => void this.now(), this.wait * (0.75 + Math.random() / 2));
    }
  }

  /** Whatever is held back is sent when its time comes. */
  private later(): void {
    const held = this.host.records().filter((r) => r.state === "waiting" && r.owner === this.host.owner() && r.hold > Date.now());
    if (!held.length) return;
    const first = Math.min(...held.map((r) => r.hold)) - Date.now();
    this.timer = window.setTimeout(() => void this.now(), Math.max(first, 0) + 50);
  }

  private coming = (): Set<string> => new Set(this.host.photos().filter((p) => !p.done && !p.wrong).map((p) => p.id));

  private async round(): Promise<void> {
    await this.host.leave();
    await this.fetchPack();
    const owner = this.host.owner();
    const due = waiting(this.host.records(), owner, Date.now(), this.coming());
    if (this.asked !== owner) {
      this.asked = owner; // once a visit: what became of those that somebody has to look at
      due.unshift(...this.host.records().filter((r) => r.owner === owner && (r.state === "kept" || r.state === "conflict" || r.state === "refused")).sort((a, b) => a.seq - b.seq)); // prettier-ignore
    }
    for (let at = 0; at < due.length; at += BATCH) await this.send(due.slice(at, at + BATCH));
    const named = new Set(this.host.records().filter((r) => r.owner === owner).flatMap((r) => r.uploads)); // a draft's stay here
    for (const photo of this.host.photos().filter((p) => p.owner === owner && named.has(p.id) && !p.done && !p.wrong)) await this.upload(photo);
    const after = waiting(this.host.records(), owner, Date.now(), this.coming()); // what waited for its photos, or for what it adds to
    if (after.length) await this.send(after.slice(0, BATCH));
    if (due.length || after.length) await this.fetchPack();
  }

  /** The pack says who is signed in; nothing is sent before that is known, so nothing goes out under another's name. */
  private async fetchPack(): Promise<void> {
    const began = Date.now();
    const answer = await ask(`/field/pack${this.host.token() ? `?since=${encodeURIComponent(this.host.token())}` : ""}`);
    if (!answer.ok) throw new Unwell(`pack ${answer.status}`);
    const pack = (await answer.json()) as Packed;
    if (pack.as_of) this.host.ahead((began + Date.now()) / 2 - Date.parse(pack.as_of));
    await this.host.packed(pack);
  }

  private async send(due: Kept[]): Promise<void> {
    const records = due.filter((r) => this.host.records().some((kept) => kept.id === r.id)); // taken back meanwhile
    if (!records.length) return;
    await this.host.trying(records);
    const parcel = { device: this.host.device, sent_at: new Date().toISOString(), records: records.map(sent) };
    const answer = await ask("/field/sync", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(parcel),
    });
    if (answer.status === 413 || answer.status === 422) return this.apart(records, (await answer.json().catch(() => ({}))) as { error?: string; record?: number | null }); // prettier-ignore
    if (!answer.ok) throw new Unwell(`sync ${answer.status}`);
    const told = (await answer.json()) as Answered;
    if (told.server_at) this.host.ahead(Date.now() - Date.parse(told.server_at));
    const by = new Map(told.results.map((r) => [r.id, r]));
    const kept = records.filter((r) => by.has(r.id)).map((r) => judged(r, by.get(r.id)!, told.server_at));
    if (!kept.length) throw new Unwell("sync: no results");
    await this.host.judged(kept);
  }

  /** The server cannot read one record: it is set aside, for its maker to see, and the others go without it. */
  private async apart(records: Kept[], told: { error?: string; record?: number | null }): Promise<void> {
    const bad = records.length === 1 ? records[0] : records[told.record ?? -1];
    if (!bad) {
      const half = Math.ceil(records.length / 2);
      await this.send(records.slice(0, half));
      return this.send(records.slice(half));
    }
    await this.host.judged([{ ...bad, state: "refused", message: told.error ?? "" }]);
    const rest = records.filter((r) => r !== bad);
    if (rest.length) await this.send(rest);
  }

  /** Send a photo from where the last try stopped; the server says how much it has. */
  private async upload(photo: Photo): Promise<void> {
    const size = photo.blob.size;
    let have = photo.have;
    while (!photo.done) {
      const piece = photo.blob.slice(have, Math.min(have + PIECE, size));
      const answer = await ask(`/field/uploads/${photo.id}`, {
        method: "PUT",
        headers: { "Content-Type": photo.blob.type || "image/jpeg", "Content-Range": `bytes ${have}-${have + piece.size - 1}/${size}` },
        body: piece,
      });
      const told = (await answer.json().catch(() => ({}))) as { have?: number; reason?: string; error?: string };
      if (answer.status === 200) photo.done = true;
      else if ((answer.status === 202 || answer.status === 409) && typeof told.have === "number" && told.have !== have) photo.have = have = told.have;
      else if ([404, 413, 415, 422].includes(answer.status)) photo.wrong = told.reason ?? told.error ?? String(answer.status);
      else throw new Unwell(`upload ${answer.status}`);
      if (photo.done) await this.host.store.drop("photos", photo.id);
      else await this.host.store.put("photos", photo);
      this.host.changed();
      if (photo.wrong) return;
    }
  }
}

/**
 * Return what is to be sent for an owner, in the order it was made: waiting, no longer held back. What adds to another
 * record waits until that one is in, and is sent with the id that came of it.
 */
export function waiting(records: Kept[], owner: string, now: number, coming: Set<string> = new Set()): Kept[] {
  const mine = records.filter((r) => r.owner === owner);
  const by = new Map(mine.map((r) => [r.id, r]));
  return mine
    .filter((r) => r.state === "waiting" && r.hold <= now && (!r.after || Boolean(by.get(r.after)?.subject)) && !(r.kind === "incidents.note" && r.uploads.some((id) => coming.has(id))))
    .sort((a, b) => a.seq - b.seq)
    .map((r) => (r.after ? { ...r, body: { ...r.body, [r.kind.startsWith("hazards") ? "hazard" : "report"]: by.get(r.after)?.subject } } : r));
}

const sent = (r: Kept): Sent => ({
  id: r.id, seq: r.seq, kind: r.kind, body: r.body, at: r.at, offline: r.offline, base: r.base, uploads: r.uploads, made_by: r.owner,
}); // prettier-ignore
