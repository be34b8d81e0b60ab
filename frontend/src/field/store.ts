/** What the phone keeps: packs, drafts, the outbox, photos. IndexedDB, in one small wrapper; every row has its owner. */
import type { Kind, Body, Result } from "./wire";

const NAME = "anlan-field";
const VERSION = 1;

export type State = "waiting" | "done" | "refused" | "conflict" | "settled" | "kept";

/** One thing done on this phone. `hold` (ms) keeps it back so that it can be taken back; `said` names it in plain words.
 * `kept`: at the server, not applied yet.
 * `tried`: it may be at the server already; `after`: the record that it adds to; `from`: the draft it was made from. */
export interface Kept {
  id: string;
  owner: string;
  seq: number;
  kind: Kind;
  body: Body;
  at: string;
  offline: boolean;
  base: number | null;
  uploads: string[];
  hold: number;
  tried: boolean;
  after: string;
  state: State;
  said: string;
  where: string;
  message: string;
  subject: string;
  href: string;
  now: Record<string, string> | null;
  mine: Record<string, string> | null;
  ended: string;
  from?: { name: string; values: Record<string, unknown> } | undefined;
}

/** A photo on its way. `have` bytes are at the server. */
export interface Photo {
  id: string;
  owner: string;
  blob: Blob;
  have: number;
  done: boolean;
  wrong: string;
}

export interface Draft {
  key: string;
  owner: string;
  at: string;
  values: Record<string, unknown>;
}

export type Table = "meta" | "packs" | "drafts" | "records" | "photos";

/** The phone has no room: what was typed is safe where `kept` says so. */
export class Full extends Error {}

const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((done, fail) => {
    request.onsuccess = (): void => done(request.result);
    request.onerror = (): void => fail(request.error ?? new Error("IndexedDB"));
  });

const ended = (work: IDBTransaction): Promise<void> =>
  new Promise((done, fail) => {
    work.oncomplete = (): void => done();
    const failed = (): void => fail(full(work.error) ? new Full("full") : (work.error ?? new Error("IndexedDB")));
    work.onerror = failed;
    work.onabort = failed;
  });

const full = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === "QuotaExceededError" || error.name === "NS_ERROR_DOM_QUOTA_REACHED");

export class Store {
  private constructor(private readonly base: IDBDatabase) {}

  static open(): Promise<Store> {
    return new Promise((done, fail) => {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = (): void => {
        const base = request.result;
        base.createObjectStore("meta", { keyPath: "key" });
        base.createObjectStore("packs", { keyPath: "key" });
        base.createObjectStore("drafts", { keyPath: "key" });
        base.createObjectStore("records", { keyPath: "id" });
        base.createObjectStore("photos", { keyPath: "id" });
      };
      request.onsuccess = (): void => {
        request.result.onversionchange = (): void => request.result.close();
        done(new Store(request.result));
      };
      request.onerror = (): void => fail(request.error ?? new Error("IndexedDB"));
      request.onblocked = (): void => fail(new Error("IndexedDB blocked"));
    });
  }

  async all<T>(table: Table): Promise<T[]> {
    return asked(this.base.transaction(table).objectStore(table).getAll() as IDBRequest<T[]>);
  }

  async get<T>(table: Table, key: string): Promise<T | undefined> {
    return asked(this.base.transaction(table).objectStore(table).get(key) as IDBRequest<T | undefined>);
  }

  /** Keep rows in one transaction: all or none. Raises Full where the phone has no room. */
  async put(table: Table, ...rows: unknown[]): Promise<void> {
    const work = this.base.transaction(table, "readwrite");
    const over = ended(work);
    try {
      for (const row of rows) work.objectStore(table).put(row);
    } catch (error) {
      over.catch(() => undefined);
      throw full(error) ? new Full("full") : error;
    }
    return over;
  }

  async drop(table: Table, ...keys: string[]): Promise<void> {
    const work = this.base.transaction(table, "readwrite");
    for (const key of keys) work.objectStore(table).delete(key);
    return ended(work);
  }

  /** Keep a new record with the next number of this phone, and drop the draft it was made from, in one transaction. */
  async enter(record: Kept, draft = ""): Promise<Kept> {
    const work = this.base.transaction(["meta", "records", "drafts"], "readwrite");
    const over = ended(work);
    const meta = work.objectStore("meta");
    const last = (await asked(meta.get("seq") as IDBRequest<{ key: string; value: number } | undefined>))?.value ?? 0;
    const numbered = { ...record, seq: last + 1 };
    meta.put({ key: "seq", value: last + 1 });
    work.objectStore("records").put(numbered);
    if (draft) work.objectStore("drafts").delete(draft);
    await over;
    return numbered;
  }

  /** Turn records that have not left the phone into a draft again, in one transaction. */
  async putBack(ids: string[], draft: Draft | undefined): Promise<void> {
    const work = this.base.transaction(["records", "drafts"], "readwrite");
    const over = ended(work);
    if (draft) work.objectStore("drafts").put(draft);
    for (const id of ids) work.objectStore("records").delete(id);
    return over;
  }

  async setting<T>(key: string): Promise<T | undefined> {
    return (await this.get<{ value: T }>("meta", key))?.value;
  }

  async set(key: string, value: unknown): Promise<void> {
    return this.put("meta", { key, value });
  }
}

/** Write down what the server said of a record. */
export function judged(record: Kept, result: Result, at: string): Kept {
  return {
    ...record,
    state: result.state === "waiting" ? "kept" : result.state,
    message: result.message ?? "",
    subject: result.subject ?? "",
    href: result.href ?? "",
    now: result.now ?? null,
    mine: result.mine ?? null,
    ended: at,
  };
}

/** Make a UUIDv7: time first, so that ids sort as they were made. */
export function uuid7(now = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
