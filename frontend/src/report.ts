/** 报一个情况: hears a sentence, finds the place, shrinks photos, keeps a draft; the form works without any of it. */
import { say } from "./words";

const KEY = "anlan-report";
const EDGE = 1600;

interface Draft {
  client: string;
  text: string;
  ago: string;
  place: string;
  waiting: boolean;
}

export function readDraft(store: Storage): Draft | undefined {
  try {
    const kept = JSON.parse(store.getItem(KEY) ?? "null") as Draft | null;
    return kept && typeof kept.client === "string" && typeof kept.text === "string" ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function keepDraft(store: Storage, draft: Draft): void {
  try {
    if (draft.text.trim()) store.setItem(KEY, JSON.stringify(draft));
    else store.removeItem(KEY);
  } catch {
    /* a full or forbidden store costs the draft, never the report */
  }
}

export function dropDraft(store: Storage, client: string): void {
  if (readDraft(store)?.client === client) store.removeItem(KEY);
}

const field = (form: HTMLFormElement, name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;

// --- the line

function showLine(): void {
  document.querySelectorAll<HTMLElement>("[data-offline]").forEach((line) => {
    line.hidden = navigator.onLine;
  });
}

function tell(form: HTMLFormElement, words: string): void {
  let line = form.querySelector<HTMLElement>("[data-told]");
  if (!line) {
    line = document.createElement("p");
    line.className = "save";
    line.dataset.told = "";
    line.setAttribute("role", "status");
    form.append(line);
  }
  line.textContent = words;
  line.scrollIntoView({ block: "nearest" });
}

// --- the place

function findPlace(form: HTMLFormElement): void {
  const pick = form.querySelector<HTMLSelectElement>("[data-place]");
  const line = form.querySelector<HTMLElement>("[data-located]");
  if (!pick || !line || !("geolocation" in navigator)) return;
  navigator.geolocation.getCurrentPosition(
    (at) => {
      const { longitude, latitude, accuracy } = at.coords;
      field(form, "lon").value = longitude.toFixed(6);
      field(form, "lat").value = latitude.toFixed(6);
      field(form, "accuracy").value = accuracy.toFixed(0);
      void nameOf(form.dataset.where ?? "", longitude, latitude).then((name) => {
        if (!name) return;
        const first = pick.options[0];
        if (first) first.textContent = say("{name}（手机定位）", { name });
        line.textContent = say("定位误差 {n} 米。不对就在上面换一个。", { n: Math.round(accuracy) });
        line.hidden = false;
      });
    },
    () => undefined, // refused or not found: the post's place stands
    { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
  );
}

async function nameOf(where: string, lon: number, lat: number): Promise<string> {
  try {
    const answer = await fetch(`${where}?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`);
    return answer.ok ? ((await answer.json()) as { name: string }).name : "";
  } catch {
    return "";
  }
}

// --- the voice

interface Heard {
  results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }>;
  resultIndex: number;
}
interface Listener {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  start(): void;
  stop(): void;
  onresult: ((event: Heard) => void) | null;
  onend: (() => void) | null;
  onerror: (() => void) | null;
}

function listen(form: HTMLFormElement): void {
  const words = window as unknown as { SpeechRecognition?: new () => Listener; webkitSpeechRecognition?: new () => Listener };
  const Ear = words.SpeechRecognition ?? words.webkitSpeechRecognition;
  const button = form.querySelector<HTMLButtonElement>("[data-speak]");
  if (!Ear || !button) return;
  const word = button.querySelector<HTMLElement>("[data-speak-word]");
  button.hidden = false;
  const hint = form.querySelector<HTMLElement>("[data-speak-hint]");
  if (hint) hint.hidden = true;
  let ear: Listener | undefined;
  const rest = (): void => {
    ear = undefined;
    button.setAttribute("aria-pressed", "false");
    if (word) word.textContent = say("说一句话");
  };
  button.addEventListener("click", () => {
    if (ear) {
      ear.stop();
      return;
    }
    ear = new Ear();
    ear.lang = document.documentElement.lang || "zh-CN";
    ear.continuous = false;
    ear.interimResults = false;
    ear.onresult = (event) => {
      const box = field(form, "text");
      for (let i = event.resultIndex; i < event.results.length; i++) {
        const said = event.results[i]?.[0]?.transcript ?? "";
        box.value = `${box.value}${said}`.slice(0, 1000);
      }
      field(form, "spoken").value = "1";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    ear.onend = rest;
    ear.onerror = () => {
      rest();
      tell(form, say("没听清，再说一次，或者打字。"));
    };
    button.setAttribute("aria-pressed", "true");
    if (word) word.textContent = say("在听，说完点这里");
    ear.start();
  });
}

// --- the photos

async function shrink(file: File): Promise<File> {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, EDGE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.82));
  return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

/** Shrinks what was picked, unless its position is wanted: only the whole file still has it. */
async function smaller(form: HTMLFormElement): Promise<FormData> {
  const data = new FormData(form);
  if (data.get("photo_place") === "on") return data;
  const files = data.getAll("photos").filter((one): one is File => one instanceof File && one.size > 0);
  data.delete("photos");
  for (const file of files) data.append("photos", await shrink(file).catch(() => file), "photo.jpg");
  return data;
}

function countPhotos(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>('input[type="file"]');
  const word = form.querySelector<HTMLElement>("[data-photo-word]");
  const before = word?.textContent ?? "";
  const send = form.querySelector<HTMLElement>("[data-photo-send]");
  const place = form.querySelector<HTMLElement>("[data-photo-place]");
  const show = (): void => {
    const n = input?.files?.length ?? 0;
    if (word) word.textContent = n ? say("选了 {n} 张，点这里换", { n }) : before;
    if (send) send.hidden = !n;
    if (place) place.hidden = !n;
  };
  input?.addEventListener("change", show);
  show();
}

// --- sending

async function send(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector<HTMLButtonElement>('button[type="submit"]');
  if (button) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: await smaller(form), credentials: "same-origin" });
    if (answer.redirected && answer.ok) {
      location.assign(answer.url);
      return;
    }
    form.submit(); // something is wrong with it: let the server's page say what
  } catch {
    keepDraft(localStorage, { ...draftOf(form), waiting: true });
    tell(form, say("没发出去：没网。存在手机里了，有网自动发；这一页别关。"));
    showLine();
  } finally {
    if (button) button.disabled = false;
  }
}

function draftOf(form: HTMLFormElement): Draft {
  return {
    client: field(form, "client").value,
    text: field(form, "text").value,
    ago: field(form, "ago").value,
    place: field(form, "place").value,
    waiting: false,
  };
}

function restore(form: HTMLFormElement): boolean {
  const kept = readDraft(localStorage);
  if (!kept || field(form, "text").value) return false;
  field(form, "client").value = kept.client;
  field(form, "text").value = kept.text;
  field(form, "ago").value = kept.ago;
  field(form, "place").value = kept.place;
  tell(form, kept.waiting ? say("上次没发出去的还在，看一眼再报上去。") : say("上次写到一半的还在。"));
  return kept.waiting;
}

function begin(form: HTMLFormElement): void {
  let waiting = restore(form);
  form.addEventListener("input", () => keepDraft(localStorage, draftOf(form)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    waiting = true;
    void send(form);
  });
  window.addEventListener("online", () => {
    if (waiting && field(form, "text").value.trim()) void send(form);
  });
  findPlace(form);
  listen(form);
}

showLine();
window.addEventListener("online", showLine);
window.addEventListener("offline", showLine);
document.querySelectorAll<HTMLElement>("[data-report-done]").forEach((mark) => dropDraft(localStorage, mark.dataset.reportDone ?? ""));
document.querySelectorAll<HTMLFormElement>("form[data-report]").forEach(begin);
document.querySelectorAll<HTMLFormElement>("form[data-report], form[data-photos]").forEach(countPhotos);
document.querySelector<HTMLElement>(".errors[tabindex]")?.focus();
