/** 随手拍: the device's position at a tap, never before. Without a script the place is written in words. */

function begin(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>("[data-here]");
  const line = form.querySelector<HTMLElement>("[data-here-said]");
  if (!button || !line || !("geolocation" in navigator)) return;
  const set = (name: string, value: string): void => {
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.value = value;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    line.textContent = button.dataset.waits ?? "";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        set("lon", coords.longitude.toFixed(6));
        set("lat", coords.latitude.toFixed(6));
        set("accuracy", coords.accuracy.toFixed(0));
        line.textContent = (button.dataset.done ?? "").replace("{n}", coords.accuracy.toFixed(0));
      },
      () => {
        line.textContent = button.dataset.fails ?? "";
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

document.querySelectorAll<HTMLFormElement>("form[data-tip]").forEach(begin);
