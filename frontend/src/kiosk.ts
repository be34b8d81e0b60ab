/** 自助机: the next person finds the first page, and nothing of the one before; and the page read aloud. */

const KEY = "anlan-kiosk";
const root = document.documentElement;
if (root.dataset.kiosk) sessionStorage.setItem(KEY, JSON.stringify({ home: location.pathname + location.search, idle: Number(root.dataset.kiosk) }));

function guard(home: string, idle: number): void {
  const bar = document.querySelector<HTMLElement>("[data-kiosk-bar]");
  const here = location.pathname === home.split("?")[0];
  const link = bar?.querySelector("a");
  if (bar && link && !here) {
    bar.hidden = false;
    link.href = home;
  }
  let timer = 0;
  const again = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      document.querySelectorAll("form").forEach((form) => form.reset());
      if (here) location.reload();
      else location.replace(home);
    }, idle * 1000);
  };
  for (const kind of ["pointerdown", "keydown", "scroll", "input"]) addEventListener(kind, again, { passive: true });
  again();
}

function aloud(button: HTMLButtonElement): void {
  const line = button.querySelector("span");
  if (!("speechSynthesis" in window) || !line) return;
  const idle = line.textContent ?? "";
  button.hidden = false;
  button.addEventListener("click", () => {
    if (speechSynthesis.speaking) {
      speechSynthesis.cancel();
      return;
    }
    const said = new SpeechSynthesisUtterance(document.querySelector<HTMLElement>("#main")?.innerText ?? "");
    said.lang = root.lang || "zh-CN";
    said.rate = 0.9;
    said.onend = () => (line.textContent = idle);
    line.textContent = button.dataset.stop ?? idle;
    speechSynthesis.speak(said);
  });
}

const kept = sessionStorage.getItem(KEY);
if (kept) {
  const { home, idle } = JSON.parse(kept) as { home: string; idle: number };
  guard(home, idle);
}
document.querySelectorAll<HTMLButtonElement>("[data-aloud]").forEach(aloud);
