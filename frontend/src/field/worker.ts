/** The worker that keeps the page for when there is no network, and the change to a new version: never under a draft. */
import { field } from "./state";

interface Prompt extends Event {
  prompt(): Promise<void>;
}

let asked: Prompt | undefined;
let kept = false;
let waits: ServiceWorker | undefined;
let taking = false;

export const keptOffline = (): boolean => kept;
export const installable = (): boolean => asked !== undefined;
/** Whether a new version is here and nothing is being written. */
export const newVersion = (): boolean => waits !== undefined && field.drafts.size === 0;

export async function install(): Promise<void> {
  await asked?.prompt();
  asked = undefined;
  field.redraw();
}

export function takeOver(): void {
  taking = true;
  waits?.postMessage({ ask: "take-over" });
}

function watch(at: ServiceWorkerRegistration): void {
  const look = (): void => {
    if (at.waiting && navigator.serviceWorker.controller) {
      waits = at.waiting;
      field.redraw();
    }
  };
  look();
  at.addEventListener("updatefound", () => at.installing?.addEventListener("statechange", look));
}

export async function beginWorker(): Promise<void> {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    asked = event as Prompt;
    field.redraw();
  });
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ told?: string; kept?: boolean }>) => {
    if (event.data.told === "send") field.send();
    if (event.data.told === "kept") {
      kept = Boolean(event.data.kept);
      document.documentElement.dataset["kept"] = kept ? "1" : "0";
      field.redraw();
    }
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (taking) location.reload();
  });
  const at = await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  watch(at);
  const ready = await navigator.serviceWorker.ready;
  ready.active?.postMessage({ ask: "keep" });
}
