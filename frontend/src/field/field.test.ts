import { describe, expect, it } from "vitest";
import { known } from "../words";
import { ENGLISH } from "./english";
import { escape, html } from "./html";
import { uuid7, type Kept } from "./store";
import { waiting } from "./sync";
import { addressOf, valuesOf } from "./takeback";
import { merged, type Packs } from "./wire";
import { evaluate, fill, type Form } from "./xform";

const sources = import.meta.glob(["./**/*.ts", "../field.ts", "!./**/*.test.ts", "!./english.ts"], { query: "?raw", import: "default", eager: true });

describe("words", () => {
  it("of the field page are all said in English too", () => {
    const all = new Set([...known(), ...Object.keys(ENGLISH), "中文"]);
    expect(Object.keys(sources).length).toBeGreaterThan(15);
    const missing = Object.values(sources as Record<string, string>).flatMap((text) =>
      [...text.matchAll(/"((?:[^"\\\n]|\\.)*[\u3000-\u9fff\uff00-\uffef](?:[^"\\\n]|\\.)*)"/g)].map((m) => m[1] ?? "").filter((words) => !all.has(words)),
    );
    expect(missing).toEqual([]);
  });
});

describe("markup", () => {
  it("escapes what people wrote, and not itself", () => {
    expect(html`<b title="${'"x"'}">${"<script>"}${html`<i>ok</i>`}</b>`.text).toBe('<b title="&quot;x&quot;">&lt;script&gt;<i>ok</i></b>');
    expect(escape("a&'b")).toBe("a&amp;&#39;b");
  });
});

const kept = (change: Partial<Kept>): Kept => ({
  id: "a", owner: "me", seq: 1, kind: "hazards.report", body: {}, at: "", offline: false, base: null, uploads: [], hold: 0, tried: false,
  after: "", state: "waiting", said: "", where: "", message: "", subject: "", href: "", now: null, mine: null, ended: "", ...change,
}); // prettier-ignore

describe("what is sent", () => {
  it("is in order, never another's, never what is held back", () => {
    const all = [kept({ id: "c", seq: 3 }), kept({ id: "a", seq: 1 }), kept({ id: "x", seq: 2, owner: "other" }), kept({ id: "h", seq: 4, hold: 50 }), kept({ id: "d", seq: 5, state: "done" })]; // prettier-ignore
    expect(waiting(all, "me", 10).map((r) => r.id)).toEqual(["a", "c"]);
    expect(waiting(all, "me", 60).map((r) => r.id)).toEqual(["a", "c", "h"]);
  });
  it("adds to a thing only once that thing is in, by the id that came of it", () => {
    const note = kept({ id: "n", seq: 2, kind: "hazards.note", after: "a", body: { words: "深了" } });
    expect(waiting([kept({ id: "a" }), note], "me", 0).map((r) => r.id)).toEqual(["a"]);
    const sent = waiting([kept({ id: "a", state: "done", subject: "s" }), note], "me", 0);
    expect(sent.map((r) => r.body)).toEqual([{ words: "深了", hazard: "s" }]);
  });
});

describe("what is taken back", () => {
  it("is the draft again, with the words and photos that were added to it since", () => {
    const made = kept({ from: { name: "report", values: { tile: "楼道堵了", text: "" } }, body: { text: "楼道堵了。三楼也堵" }, uploads: ["p"] });
    const note = kept({ id: "n", kind: "incidents.note", after: "a", said: "有老人", body: { words: "有老人" }, uploads: ["q"] });
    expect(valuesOf(made, [note])).toEqual({ tile: "楼道堵了", text: "楼道堵了。三楼也堵。有老人", photos: ["p", "q"] });
    expect(valuesOf({ ...made, body: { text: "楼道堵了" }, uploads: [] }, [])).toEqual({ tile: "楼道堵了", text: "" });
  });
  it("keeps the photos of a form where they were answered", () => {
    const form = kept({ kind: "fieldwork.form", from: { name: "form:f", values: { answers: { photo: "p" } } }, uploads: ["p"] });
    expect(valuesOf(form, [])).toEqual({ answers: { photo: "p" } });
  });
  it("is written on where it was written", () => {
    expect(["report", "visit:object-1", "form:f", "rectify:h", "settle:x"].map(addressOf)).toEqual(["/where", "/task/object-1", "/form/f", "/act/rectify/h", ""]); // prettier-ignore
  });
});

describe("ids", () => {
  it("are UUIDv7 and sort by time", () => {
    const [a, b] = [uuid7(1_700_000_000_000), uuid7(1_700_000_000_001)];
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(a < b).toBe(true);
  });
});

describe("packs", () => {
  it("drop what the server no longer lists, and keep what it does not mention", () => {
    const before = { duties: [{ id: "a", title: "应答" }], kinds: [{ code: "k", name: "飞线" }] } as unknown as Packs;
    const after = merged(before, { me: { id: "me", name: "" }, whole: false, packs: { "callout.duties": { duties: [] } } });
    expect(after.duties).toEqual([]);
    expect(after.kinds).toHaveLength(1);
  });
});

describe("forms", () => {
  const form: Form = {
    id: "f", number: 1, title: "", version: "1", choices: { yes: [{ name: "y" }, { name: "n" }] },
    questions: [
      { name: "gas", type: "select_one", list: "yes", required: true },
      { name: "litres", type: "integer", relevant: ["=", ["ref", "gas"], ["lit", "y"]], constraint: [">", ["self"], ["lit", 0]] },
      { name: "rooms", type: "repeat", children: [{ name: "people", type: "integer" }] },
      { name: "all", type: "calculate", calculation: ["call", "sum", ["ref", "people"]] },
    ],
  }; // prettier-ignore
  it("skip, check, repeat and reckon as the server does", () => {
    const now = new Date(0);
    expect(fill(form, {}, now).wrong.map((w) => [w.path, w.code])).toEqual([["gas", "required"]]);
    const made = fill(form, { gas: "y", litres: "0", rooms: [{ people: "2" }, { people: "3" }] }, now);
    expect(made.wrong.map((w) => [w.path, w.code])).toEqual([["litres", "constraint"]]);
    expect(made.kept["all"]).toBe(5);
    expect(fill(form, { gas: "n", litres: "0" }, now).kept).toEqual({ gas: "n", rooms: [], all: 0 });
  });
  it("count dates as days and know regular expressions", () => {
    const env = { answers: { d: "1970-01-03" }, own: "13800001111", columns: {}, position: 1, now: new Date(0) };
    expect(evaluate(["-", ["ref", "d"], ["lit", 1]], env)).toBe(1);
    expect(evaluate(["call", "regex", ["self"], ["lit", "^1[0-9]{10}$"]], env)).toBe(true);
  });
});
