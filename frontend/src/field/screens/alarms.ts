/** 核实设备报警: real, false or cannot tell, in words and with a photo; kept without a network. */
import { act, complain, go, input, screen } from "../app";
import { html, icon, type Safe } from "../html";
import { at, camera, inDraft, level, shots, state, takes, text } from "../parts";
import { field } from "../state";
import { say } from "../words";
import type { AlarmOf } from "../wire";

const of = (id: string): AlarmOf | undefined => field.packs.alarms.find((a) => a.id === id);
const said = (id: string) => field.doing("sensing.verify", "alarm", id);
const COLOURS = ["", "blue", "yellow", "orange", "red"];

/** Alarms that still wait for a word of this phone's owner. */
export const alarmsLeft = (): AlarmOf[] => field.packs.alarms.filter((a) => !said(a.id));

screen("alarm", ([id = ""]) => {
  const alarm = of(id);
  if (!alarm) return undefined;
  const mine = said(id);
  const draft = field.draft(`alarm:${id}`);
  const choice = (name: string, words: string): Safe =>
    html`<button class="btn btn--big" type="button" data-do="alarm-say" data-arg="${name} ${id}">${words}</button>`;
  return {
    title: alarm.name,
    back: "#/home",
    body: html`<p>${level(COLOURS[alarm.level] ?? "blue")} ${alarm.kind}<br><span class="muted">${[alarm.where, at(alarm.raised_at), alarm.number].filter(Boolean).join(say("，"))}</span></p>
${alarm.words ? html`<p class="said">${alarm.words}</p>` : ""}
${alarm.life ? html`<p class="save"><b>${say("可能有人命危险：先救人，打 119，再来这里说。")}</b></p>` : ""}
${mine ? html`<p class="save"><b>${mine.said}</b>${state(mine)}${mine.message ? html`<span>${mine.message}</span>` : ""}</p>${mine.state === "conflict" ? html`<a class="btn btn--primary btn--big" href="#/outbox">${say("看两份，你来定")}</a>` : ""}` : html`
<div class="field"><label for="alarm-words">${say("看到了什么，写一句")}</label><textarea class="input" id="alarm-words" data-in="alarm-words" data-arg="${id}" maxlength="500">${text(draft, "words")}</textarea></div>
${camera(`alarm:${id}`, say("拍一张"))}${shots((draft["photos"] as string[] | undefined) ?? [], `alarm:${id}`)}
<button class="btn btn--primary btn--big" type="button" data-do="alarm-say" data-arg="real ${id}">${icon("check")}${say("属实，真有事")}</button>
${choice("false", say("误报，没有事"))}${choice("unsure", say("说不准，换一个人看"))}
<p class="muted">${say("没网也能点，存在手机里，有网马上发。")}</p>`}
<a class="btn btn--quiet" href="/sensing/alarms/${id}">${say("看完整的一页（要有网）")}</a>`,
  };
});

input("alarm-words", (value, box) => {
  const id = box.dataset["arg"] ?? "";
  return field.write(`alarm:${id}`, { words: value, base: field.draft(`alarm:${id}`)["base"] ?? of(id)?.revision ?? null });
});
takes("alarm", inDraft);

act("alarm-say", async (arg) => {
  const [verdict = "", id = ""] = arg.split(" ");
  const alarm = of(id);
  if (!alarm) return;
  const draft = field.draft(`alarm:${id}`);
  const opinion = text(draft, "words").trim();
  if (!opinion && verdict !== "real") {
    complain(say("误报和说不准，写一句看到了什么。"));
    document.getElementById("alarm-words")?.focus();
    return;
  }
  const words = { real: say("属实"), false: say("误报"), unsure: say("说不准") }[verdict] ?? "";
  // the revision that stood when the writing began is what was seen
  const base = (draft["base"] as number | null | undefined) ?? alarm.revision;
  await field.enter({ kind: "sensing.verify", body: { alarm: id, verdict, opinion }, base, said: `${words}${say("：")}${alarm.name}`, where: alarm.where ?? "", uploads: (draft["photos"] as string[] | undefined) ?? [] }, `alarm:${id}`); // prettier-ignore
  go("/home", true);
});
