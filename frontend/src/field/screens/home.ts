/** What it opens with: a warning to answer, a report to make, what is still to be done today. */
import { act, screen, signInAddress } from "../app";
import { html, icon, type Safe } from "../html";
import { at, clock, empty, level, line, state } from "../parts";
import { field } from "../state";
import { say } from "../words";
import type { Duty } from "../wire";
import { alarmsLeft } from "./alarms";

const today = (): Safe => (new Date(field.now()).getHours() >= 18 ? html`${say("今晚还要做")}` : html`${say("今天还要做")}`);

const answered = (duty: Duty): boolean => Boolean(field.doing("callout.answer", "obligation", duty.id));
const toAnswer = (): Duty[] => field.packs.duties.filter((d) => d.answers && !answered(d));
const ofAlarm = (duty: Duty): boolean => field.packs.alarms.some((a) => duty.href?.endsWith(`/sensing/alarms/${a.id}`));
const toDo = (): Duty[] => field.packs.duties.filter((d) => !d.answers && !ofAlarm(d));
const soonest = (a: { due_at?: string | null }, b: { due_at?: string | null }): number => (a.due_at ?? "9").localeCompare(b.due_at ?? "9");

export const tasksLeft = (): typeof field.packs.tasks => field.packs.tasks.filter((t) => !field.doing("hazards.visit", "task", t.id)).sort(soonest);

screen("home", () => {
  if (!field.me) return { title: say("先登录一次"), body: firstTime() };
  const tasks = tasksLeft();
  const hazards = field.packs.hazards.filter((h) => h.acts.length);
  const duties = toDo().sort(soonest);
  const alarms = alarmsLeft();
  const count = alarms.length + tasks.length + hazards.length + duties.length;
  return {
    title: say("现场"),
    hideTitle: true,
    body: html`${toAnswer().map(warning)}
<a class="btn btn--big report" href="#/report">${icon("hazard")}${say("报险情、隐患")}</a>
<h2>${today()} <span class="muted">${say("{n} 件", { n: count })}</span></h2>
${count ? html`<ul class="todo">${alarms.slice(0, 6).map((a) => line(`#/alarm/${a.id}`, icon("bolt"), say("核实报警：{name}", { name: a.name }), [a.words, a.where ?? ""].filter(Boolean).join(say("，"))))}${duties.slice(0, 4).map(dutyLine)}${tasks.slice(0, 3).map((t) => line(`#/task/${t.id}`, icon("list-check"), t.title, [dueWords(t.due_at), t.where ?? t.note ?? ""].filter(Boolean).join(say("，"))))}${hazards.slice(0, 3).map((h) => line(`#/hazard/${h.id}`, icon("hazard"), h.text, [dueWords(h.due_at), h.where ?? ""].filter(Boolean).join(say("，"))))}</ul>` : html`<p class="muted">${say("没有别的事。有新的会排到这里。")}</p>`}
<nav class="doors" aria-label="${say("别的")}"><a class="btn" href="#/duties">${icon("inbox")}${say("我的待办")}</a><a class="btn" href="#/tasks">${icon("list-check")}${say("要查的地方")}</a><a class="btn" href="#/hazards">${icon("hazard")}${say("我的隐患")}</a><a class="btn" href="#/map">${icon("map")}${say("我的网格")}</a><a class="btn" href="#/handbook">${icon("book")}${say("隐患手册")}</a>${field.packs.forms.length ? html`<a class="btn" href="#/forms">${icon("edit")}${say("填表")}</a>` : ""}<a class="btn" href="#/outbox">${icon("send")}${say("存着的")}${outbox()}</a><a class="btn" href="#/settings">${icon("gear")}${say("设置")}</a></nav>
${field.packs.ground.phone ? html`<p class="acts"><a class="btn btn--big" href="tel:${field.packs.ground.phone}">${icon("phone")}${field.packs.ground.phone_name ?? say("打社区值班室")}</a></p>` : ""}
${field.asOf ? html`<p class="muted">${say("手机里的名单是 {t} 从服务器拿的。", { t: at(field.asOf) })}</p>` : ""}`,
  };
});

function outbox(): Safe {
  const n = field.waits().length + field.stuck().length;
  return n ? html` <span class="muted">${n}</span>` : html``;
}

function firstTime(): Safe {
  return html`<p>${navigator.onLine ? say("登录以后，你的网格、要查的地方、要办的事都存到手机里，没网也能用。") : say("现在没网。有网的时候登录一次，以后没网也能用。")}</p>
<a class="btn btn--primary btn--big" href="${signInAddress()}">${say("去登录")}</a>
<p class="muted">${say("有人有危险，先打")} <a class="tel" href="tel:119">119</a> ${say("或")} <a class="tel" href="tel:120">120</a>${say("。")}</p>`;
}

const dueWords = (due: string | null | undefined): string => (due ? say("{t} 前", { t: at(due) }) : "");

function warning(duty: Duty): Safe {
  return html`<article class="answer" id="duty-${duty.id}" aria-label="${say("要你应答的预警")}">
<p class="answer__head">${duty.level ? level(duty.level) : html`<b>${say("要你应答")}</b>`}${clock(duty.due_at)}</p>
${duty.drill ? html`<p class="drill">${say("演练：这里做的事不会打到真的手机，也不进真的统计。")}</p>` : ""}
<p class="answer__what">${duty.what || duty.title}</p>
<button class="btn btn--primary btn--big answer__yes" type="button" data-do="answer" data-arg="${duty.id}">${say("我收到了，马上去")}</button>
<button class="btn btn--big" type="button" data-do="decline" data-arg="${duty.id}">${say("我去不了，换人")}</button>
<p class="muted">${say("没网也能点，存在手机里，有网马上发。")}${field.packs.ground.phone ? html` ${say("急的话打电话应：")}<a class="tel" href="tel:${field.packs.ground.phone}">${field.packs.ground.phone}</a>` : ""}</p>
</article>`;
}

function dutyLine(duty: Duty): Safe {
  return line(`#/duty/${duty.id}`, icon("inbox"), duty.title, [dueWords(duty.due_at), duty.note ?? ""].filter(Boolean).join(say("，")));
}

async function reply(id: string, declined: boolean): Promise<void> {
  const duty = field.packs.duties.find((d) => d.id === id);
  if (!duty) return;
  await field.enter({ kind: "callout.answer", body: { obligation: id, declined }, said: say(declined ? "我去不了：{title}" : "我收到了：{title}", { title: duty.title }) });
  location.hash = `/answered/${id}`;
}
act("answer", (id) => reply(id, false));
act("decline", (id) => reply(id, true));

screen("answered", ([id = ""]) => {
  const record = field.doing("callout.answer", "obligation", id);
  const duty = field.packs.duties.find((d) => d.id === id);
  if (!record) return undefined;
  const declined = Boolean(record.body["declined"]);
  return {
    title: declined ? say("记下了：你去不了") : say("应答了"),
    mark: "st-done",
    back: "#/home",
    body: html`<p><b>${at(record.at)}</b>${say("。")}<br><span class="muted">${record.state === "done" ? say("值班室收到了。") : declined ? say("存在手机里，有网马上发，值班室会换人。急的话打电话。") : say("存在手机里，有网马上发。急的话打电话应。")}</span></p><p>${state(record)}</p>
${duty && !declined ? html`<h2>${say("现在做")}</h2><p class="said">${duty.what || duty.title}</p>` : ""}
${record.state !== "done" && field.packs.ground.phone ? html`<a class="btn btn--big" href="tel:${field.packs.ground.phone}">${icon("phone")}${field.packs.ground.phone_name ?? say("打社区值班室")}</a>` : ""}
<a class="btn btn--primary btn--big" href="#/home">${say("回到今天")}</a>`,
  };
});

screen("duties", () => {
  const all = [...field.packs.duties].sort(soonest);
  return {
    title: say("我的待办"),
    back: "#/home",
    body: all.length
      ? html`<ul class="todo">${all.map(dutyLine)}</ul>`
      : empty(say("没有要办的事"), say("预警叫到你、隐患派给你、该你报送时，都会排到这里，最急的在最上面。")),
  };
});

screen("duty", ([id = ""]) => {
  const duty = field.packs.duties.find((d) => d.id === id);
  if (!duty) return undefined;
  if (duty.answers && !answered(duty)) return { title: say("要你应答"), back: "#/home", body: warning(duty) };
  return {
    title: duty.title,
    back: "#/home",
    body: html`<p>${clock(duty.due_at)}</p>${duty.note ? html`<p>${duty.note}</p>` : ""}${duty.what ? html`<p class="said">${duty.what}</p>` : ""}${duty.why ? html`<p class="muted">${duty.why}</p>` : ""}
${duty.href ? html`<a class="btn btn--primary btn--big" href="${duty.href}">${say("去办")}</a>${navigator.onLine ? "" : html`<p class="muted">${say("这一件要有网才能办。")}</p>`}` : ""}`,
  };
});
