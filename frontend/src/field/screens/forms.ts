/** 填表: forms of the city (XLSForm), with what follows from what, repeats, places, photos, codes. */
import { act, complain, draw, go, input, screen } from "../app";
import { html, icon, type Safe } from "../html";
import { camera, empty, line, shots, takes } from "../parts";
import { locate, spot } from "../place";
import { field } from "../state";
import { say } from "../words";
import { fill, told, type Answers, type Form, type Line, type Wrong } from "../xform";

const of = (id: string): Form | undefined => field.packs.forms.find((f) => String(f.id) === id);
const said = (id: string): Answers => (field.draft(`form:${id}`)["answers"] as Answers | undefined) ?? {};
const english = (): boolean => document.documentElement.lang.startsWith("en");
const words = (of: { label?: string; label_en?: string; name?: string }): string => (english() && of.label_en) || of.label || of.name || "";
const shown = new Set<string>(); // forms whose mistakes are shown: only after handing in was tried

screen("forms", () => ({
  title: say("填表"),
  back: "#/home",
  body: field.packs.forms.length
    ? html`<ul class="todo">${field.packs.forms.map((f) => line(`#/form/${f.id}`, icon("edit"), f.title, Object.keys(said(String(f.id))).length ? say("上次写到一半的还在。") : ""))}</ul>`
    : empty(say("没有要填的表"), say("区里、街道发下来的表会出现在这里。")),
}));

screen(
  "form",
  ([id = ""]) => {
    const form = of(id);
    if (!form) return undefined;
    const made = fill(form, said(id), new Date(field.now()));
    const wrong = shown.has(id) ? made.wrong : [];
    return {
      title: form.title,
      back: "#/forms",
      body: html`${made.lines.map((one) => drawn(id, one, wrong.find((w) => w.path === one.path)))}
${wrong.length ? html`<p class="errors" role="alert">${say("还有 {n} 处要改", { n: wrong.length })}</p>` : ""}
<button class="btn btn--primary btn--big" type="button" data-do="form-send" data-arg="${id}">${say("交上去")}</button>`,
    };
  },
  locate,
);

const MESSAGES = { required: "这一项要填", type: "填的不对，看看是不是数字或日期", constraint: "填的不合要求" };

function drawn(form: string, one: Line, wrong: Wrong | undefined): Safe {
  const q = one.question;
  const label = words(q);
  if (q.type === "group") return label ? html`<h2>${label}</h2>` : html``;
  if (q.type === "note") return html`<p>${label}</p>`;
  if (q.type === "repeat") return repeat(form, one, label);
  const id = `q-${one.path.replace(/\//g, "-")}`;
  const hint = (english() && q.hint_en) || q.hint;
  const many = q.type.startsWith("select") || q.type === "geopoint" || q.type === "image";
  const head = html`${label}${one.required ? "" : html` <span class="field__optional">${say("不写也行")}</span>`}`;
  const foot = html`${hint ? html`<span class="field__hint">${hint}</span>` : ""}${wrong ? html`<p class="field__error" id="${id}-error">${icon("st-late")}${wrong.message || say(MESSAGES[wrong.code])}</p>` : ""}`;
  const entry = one.depth ? html`<span class="muted">${say("第 {n} 个", { n: one.depth })}</span> ` : "";
  return many
    ? html`<fieldset class="field${wrong ? " field--error" : ""}" id="${id}"><legend>${entry}${head}</legend>${foot}${control(form, one, id, wrong)}</fieldset>`
    : html`<div class="field${wrong ? " field--error" : ""}"><label for="${id}">${entry}${head}</label>${foot}${control(form, one, id, wrong)}</div>`;
}

/** Say to a screen reader which words belong to a wrong answer. */
const faulty = (wrong: Wrong | undefined, id: string): Safe => (wrong ? html` aria-invalid="true" aria-describedby="${id}-error"` : html``);

function control(form: string, one: Line, id: string, wrong: Wrong | undefined): Safe {
  const q = one.question;
  const value = told(one.value);
  const arg = `${form} ${one.path}`;
  const box = (type: string, mode = ""): Safe =>
    html`<input class="input" id="${id}" type="${type}" inputmode="${mode || "text"}" data-in="form" data-arg="${arg}" value="${value}" autocomplete="off"${faulty(wrong, id)}${q.read_only || q.calculation ? html` readonly` : ""}>`;
  const pickone = (name: string, label: string, on: boolean): Safe =>
    html`<button class="btn pick" type="button" role="${q.type === "select_one" ? "radio" : "checkbox"}" aria-checked="${on ? "true" : "false"}" data-do="form-pick" data-arg="${arg} ${name}">${label}</button>`;
  switch (q.type) {
    case "integer":
      return box("text", "numeric");
    case "decimal":
      return box("text", "decimal");
    case "date":
      return box("date");
    case "select_one":
      return html`<div class="pickbox" role="radiogroup">${one.choices.map((c) => pickone(c.name, words(c), value === c.name))}</div>`;
    case "select_multiple":
      return html`<div class="pickbox">${one.choices.map((c) => pickone(c.name, words(c), value.split(" ").includes(c.name)))}</div>`;
    case "geopoint":
      return html`<p>${value ? say("记了这个位置：{at}", { at: value.split(" ").slice(0, 2).map((n) => Number(n).toFixed(5)).join(say("，")) }) : say("还没记位置")}</p><button class="btn" type="button" data-do="form-here" data-arg="${arg}">${icon("pin")}${say("记下现在的位置")}</button>`;
    case "image":
      return html`${camera(`form:${form}:${one.path}`, say("拍一张"))}${value ? shots([value], `form:${form}:${one.path}`) : ""}`;
    case "barcode":
      return html`${box("text")}${"BarcodeDetector" in window ? html`<div class="picker"><input type="file" accept="image/*" capture="environment" data-pick="barcode" data-arg="${arg}" aria-label="${say("扫码")}"><span class="btn">${icon("camera")}${say("扫码")}</span></div>` : html`<span class="field__hint">${say("这个浏览器不会扫码，照着码上的字打。")}</span>`}`;
    default:
      return html`<textarea class="input" id="${id}" data-in="form" data-arg="${arg}" rows="2" maxlength="5000"${faulty(wrong, id)}>${value}</textarea>`;
  }
}

function repeat(form: string, one: Line, label: string): Safe {
  const n = (one.value as Answers[]).length;
  return html`<h2>${label} <span class="muted">${say("{n} 条", { n })}</span></h2><div class="pair2"><button class="btn" type="button" data-do="form-more" data-arg="${form} ${one.path}">${icon("plus")}${say("加一个")}</button>${n ? html`<button class="btn" type="button" data-do="form-less" data-arg="${form} ${one.path}">${say("去掉最后一个")}</button>` : ""}</div>`;
}

/** Write an answer at a path: name, or repeat/number/name. */
export function put(answers: Answers, path: string, value: unknown): Answers {
  const [name = "", entry, ...rest] = path.split("/");
  if (entry === undefined) return { ...answers, [name]: value };
  const rows = [...((answers[name] as Answers[] | undefined) ?? [])];
  rows[Number(entry)] = put(rows[Number(entry)] ?? {}, rest.join("/"), value);
  return { ...answers, [name]: rows };
}
const get = (answers: Answers, path: string): unknown => {
  const [name = "", entry, ...rest] = path.split("/");
  return entry === undefined ? answers[name] : get((answers[name] as Answers[] | undefined)?.[Number(entry)] ?? {}, rest.join("/"));
};
const set = (form: string, path: string, value: unknown): Promise<void> => field.write(`form:${form}`, { answers: put(said(form), path, value) });
const split = (arg: string): [string, string, string] => {
  const [form = "", path = "", ...rest] = arg.split(" ");
  return [form, path, rest.join(" ")];
};

input("form", async (value, box) => {
  const [form, path] = split(box.dataset["arg"] ?? "");
  await set(form, path, value);
  field.redraw();
});
act("form-pick", async (arg) => {
  const [form, path, name] = split(arg);
  const layout = of(form);
  const one = layout && fill(layout, said(form), new Date(field.now())).lines.find((l) => l.path === path);
  if (!one) return;
  const now = told(one.value).split(" ").filter(Boolean);
  const many = one.question.type === "select_multiple";
  await set(form, path, many ? (now.includes(name) ? now.filter((n) => n !== name) : [...now, name]) : now[0] === name && !one.required ? "" : name);
  field.redraw();
});
act("form-here", async (arg) => {
  const [form, path] = split(arg);
  if (!spot) return complain(say("还没有定位，到空旷的地方等一会儿。"));
  await set(form, path, { lon: spot.lon, lat: spot.lat, accuracy: spot.accuracy });
  field.redraw();
});
act("form-more", async (arg) => {
  const [form, path] = split(arg);
  await set(form, path, [...((get(said(form), path) as Answers[] | undefined) ?? []), {}]);
  field.redraw();
});
act("form-less", async (arg) => {
  const [form, path] = split(arg);
  await set(form, path, ((get(said(form), path) as Answers[] | undefined) ?? []).slice(0, -1));
  field.redraw();
});
takes("form", {
  add: async (onto, photo) => {
    const [form, path] = named(onto);
    const before = get(said(form), path); // one photo an answer: another takes its place
    await set(form, path, photo);
    if (typeof before === "string" && before) await field.dropPhoto(before);
  },
  drop: (onto) => set(...named(onto), ""),
});
const named = (onto: string): [string, string] => [onto.split(":")[1] ?? "", onto.split(":").slice(2).join(":")];

const photosIn = (lines: Line[]): string[] => lines.filter((l) => l.question.type === "image" && l.value).map((l) => String(l.value));

act("form-send", async (id) => {
  const form = of(id);
  if (!form) return;
  const made = fill(form, said(id), new Date(field.now()));
  if (made.wrong.length) {
    shown.add(id);
    draw();
    const first = document.getElementById(`q-${made.wrong[0]?.path.replace(/\//g, "-")}`);
    first?.scrollIntoView({ block: "center" });
    (first?.matches("input, textarea") ? first : first?.querySelector<HTMLElement>("button, input"))?.focus({ preventScroll: true });
    return;
  }
  shown.delete(id);
  const record = await field.enter({ kind: "fieldwork.form", body: { form: form.id, number: form.number, answers: made.kept }, said: say("填了「{title}」", { title: form.title }), uploads: photosIn(made.lines) }, `form:${id}`); // prettier-ignore
  go(`/done/${record.id}`, true);
});
