/** 我的隐患: rectify with photos before and after, accept or send back. */
import { act, complain, go, input, screen } from "../app";
import { html, icon, type Safe } from "../html";
import { camera, clock, empty, inDraft, line, shots, state, takes, text } from "../parts";
import { field } from "../state";
import { say } from "../words";
import type { Kind, HazardOf } from "../wire";
import type { Kept } from "../store";

type Act = "rectify" | "accept" | "refuse" | "note";
const KINDS: Record<Act, Kind> = { rectify: "hazards.rectify", accept: "hazards.accept", refuse: "hazards.refuse", note: "hazards.note" };

const of = (id: string): HazardOf | undefined => field.packs.hazards.find((h) => h.id === id);
const done = (id: string): Kept | undefined =>
  field.doing("hazards.rectify", "hazard", id) ?? field.doing("hazards.accept", "hazard", id) ?? field.doing("hazards.refuse", "hazard", id);

screen("hazards", () => {
  const groups: [string, HazardOf[]][] = [
    [say("要整改的"), field.packs.hazards.filter((h) => h.acts.includes("rectify"))],
    [say("要验收的"), field.packs.hazards.filter((h) => h.acts.includes("accept"))],
    [say("网格里别的"), field.packs.hazards.filter((h) => !h.acts.includes("rectify") && !h.acts.includes("accept"))],
  ];
  return {
    title: say("我的隐患"),
    back: "#/home",
    body: field.packs.hazards.length
      ? html`${groups.filter(([, list]) => list.length).map(([name, list]) => html`<h2>${name} <span class="muted">${say("{n} 条", { n: list.length })}</span></h2><ul class="todo">${list.map((h) => line(`#/hazard/${h.id}`, icon("hazard"), h.text, [h.where ?? "", h.state_name ?? ""].filter(Boolean).join(say("，")), clock(h.due_at)))}</ul>`)}`
      : empty(say("没有隐患"), say("派给你整改的、等你验收的，会排到这里。")),
  };
});

screen("hazard", ([id = ""]) => {
  const h = of(id);
  if (!h) return undefined;
  const mine = done(id);
  const photos = (phase: string): Safe => {
    const list = (h.photos ?? []).filter((p) => (p.phase ?? "before") === phase);
    return list.length ? html`<ul class="shots">${list.map((p) => html`<li><img src="${p.url}" alt="${phase === "before" ? say("整改前") : say("整改后")}" loading="lazy"></li>`)}</ul>` : html`<p class="muted">${say("没有照片")}</p>`;
  };
  return {
    title: h.text,
    back: "#/hazards",
    body: html`<p>${h.grade_name ? html`<span class="grade">${h.grade_name}</span> ` : ""}${h.state_name ?? ""} ${clock(h.due_at)}<br><span class="muted">${[h.number, h.where].filter(Boolean).join(say("，"))}</span></p>
${h.refused ? html`<p class="save">${say("上次没通过：{why}", { why: h.refused })}</p>` : ""}
${mine ? html`<p class="save"><b>${mine.said}</b>${state(mine)}${mine.message ? html`<span>${mine.message}</span>` : ""}</p>${mine.state === "conflict" ? html`<a class="btn btn--primary btn--big" href="#/outbox">${say("看两份，你来定")}</a>` : ""}` : html`
${h.acts.includes("rectify") ? html`<a class="btn btn--primary btn--big" href="#/act/rectify/${id}">${say("整改完了，报验收")}</a>` : ""}
${h.acts.includes("accept") ? html`<a class="btn btn--primary btn--big" href="#/act/accept/${id}">${say("看过了，验收通过")}</a><a class="btn btn--big" href="#/act/refuse/${id}">${say("没改好，退回去")}</a>` : ""}`}
<h2>${say("整改前")}</h2>${photos("before")}
${h.attempt ? html`<h2>${say("整改后")}</h2><p class="said">${h.attempt}</p>${h.attempt_by ? html`<p class="muted">${h.attempt_by}</p>` : ""}${photos("after")}` : ""}
<a class="btn btn--big" href="#/act/note/${id}">${icon("edit")}${say("加一条备注")}</a>
<a class="btn btn--quiet" href="/hazards/${id}">${say("看完整的一页（要有网）")}</a>`,
  };
});

function wordsOf(name: Act): { title: string; label: string; button: string; camera: string; must: string } {
  return {
    rectify: { title: say("整改完了"), label: say("怎么改的，写一句"), button: say("报验收"), camera: say("拍一张整改后的"), must: say("写一句怎么改的，验收的人要看。") },
    accept: { title: say("验收通过"), label: say("看到什么样，写一句"), button: say("验收通过，销号"), camera: say("拍一张"), must: say("写一句看到什么样。") },
    refuse: { title: say("退回去"), label: say("哪里没改好"), button: say("退回去重改"), camera: say("拍一张"), must: say("写一句哪里没改好，改的人要知道。") },
    note: { title: say("加一条备注"), label: say("写一句"), button: say("加上"), camera: say("拍一张"), must: say("写一句再加。") },
  }[name];
}

screen("act", ([name = "", id = ""]) => {
  const h = of(id);
  if (!h || !(name in KINDS)) return undefined;
  const words = wordsOf(name as Act);
  const key = `${name}:${id}`;
  const draft = field.draft(key);
  return {
    title: words.title,
    back: `#/hazard/${id}`,
    body: html`<p><b>${h.text}</b><br><span class="muted">${h.where ?? ""}</span></p>
<div class="field"><label for="act-words">${words.label}</label><textarea class="input" id="act-words" data-in="act-words" data-arg="${key}" maxlength="1000">${text(draft, "words")}</textarea></div>
${camera(key, words.camera)}${shots((draft["photos"] as string[] | undefined) ?? [], key)}
<button class="btn btn--primary btn--big" type="button" data-do="act-send" data-arg="${name} ${id}">${words.button}</button>`,
  };
});
input("act-words", (value, box) => field.write(box.dataset["arg"] ?? "", { words: value, base: field.draft(box.dataset["arg"] ?? "")["base"] ?? of((box.dataset["arg"] ?? "").split(":")[1] ?? "")?.revision ?? null })); // prettier-ignore
for (const name of Object.keys(KINDS)) takes(name, inDraft);

act("act-send", async (arg) => {
  const [name = "note", id = ""] = arg.split(" ") as [Act, string];
  const h = of(id);
  if (!h) return;
  const key = `${name}:${id}`;
  const draft = field.draft(key);
  const words = text(draft, "words").trim();
  if (!words) {
    complain(wordsOf(name).must);
    document.getElementById("act-words")?.focus();
    return;
  }
  const body = name === "rectify" || name === "note" ? { hazard: id, words } : { hazard: id, opinion: words };
  // the revision that stood when the writing began is what was seen
  const base = name === "note" ? null : ((draft["base"] as number | null | undefined) ?? h.revision);
  await field.enter({ kind: KINDS[name], body, base, said: `${wordsOf(name).title}${say("：")}${h.text}`, where: h.where ?? "", uploads: (draft["photos"] as string[] | undefined) ?? [] }, key); // prettier-ignore
  go(`/hazard/${id}`, true);
});
