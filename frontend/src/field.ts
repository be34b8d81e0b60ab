/** 现场: the page of a grid worker's phone. It opens from what the phone keeps, and works without a network. */
import "../../src/anlan/web/static/web/tokens.css";
import "../../src/anlan/web/static/web/base.css";
import "../../src/anlan/web/static/web/components.css";
import "../../src/anlan/web/static/web/data.css";
import "../../src/anlan/web/static/web/field.css";
import "../../src/anlan/web/static/web/hand.css";
import "../../src/anlan/web/static/web/reader.css";
import "./field/field.css";
import "./field/screens/home";
import "./field/screens/report";
import "./field/screens/inspect";
import "./field/screens/alarms";
import "./field/screens/hazards";
import "./field/screens/forms";
import "./field/screens/outbox";
import { begin, complain } from "./field/app";
import { dress } from "./field/screens/settings";
import { field } from "./field/state";
import { say } from "./field/words";
import { beginWorker } from "./field/worker";

/** Phones of 2018 miss these two. */
if (!Array.prototype.flat) {
  const flat = function <T>(this: (T | T[])[]): T[] {
    return this.reduce<T[]>((all, one) => all.concat(one), []);
  };
  Object.defineProperty(Array.prototype, "flat", { value: flat });
  Object.defineProperty(Array.prototype, "flatMap", { value: function <T, U>(this: T[], each: (one: T, i: number) => U | U[]) { return flat.call(this.map(each) as never); } });
}

async function start(): Promise<void> {
  dress();
  try {
    await field.open();
  } catch (error) {
    begin();
    complain(say("这个浏览器存不了东西（{why}）。先用「报一个情况」那一页。", { why: error instanceof Error ? error.message : String(error) }));
    return;
  }
  begin();
  document.documentElement.dataset["ready"] = "1";
  window.addEventListener("online", () => field.send());
  window.addEventListener("offline", () => field.line("offline"));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) field.send();
  });
  window.setInterval(() => {
    if (!document.hidden) field.redraw();
  }, 30_000);
  field.send();
  void navigator.storage?.persist?.();
  await beginWorker();
}

void start();
