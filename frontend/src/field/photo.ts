/** Photos are drawn anew on the phone: 1280 px, JPEG, about 80 KB, and without what the camera wrote about the place. */
const EDGE = 1280;
const AIM = 90_000;

/** Return a small JPEG of a picture. Raises Error where it cannot be read as one. */
export async function shrink(file: Blob): Promise<Blob> {
  const image = await read(file);
  const scale = Math.min(1, EDGE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("canvas");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  if ("close" in image) image.close();
  let best: Blob | undefined;
  for (const quality of [0.72, 0.6, 0.48, 0.36]) {
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!made) continue;
    best = made;
    if (made.size <= AIM) break;
  }
  if (!best) throw new Error("jpeg");
  return best;
}

async function read(file: Blob): Promise<ImageBitmap | HTMLImageElement> {
  if ("createImageBitmap" in window) return createImageBitmap(file);
  const address = URL.createObjectURL(file);
  try {
    return await new Promise<HTMLImageElement>((done, fail) => {
      const image = new Image();
      image.onload = (): void => done(image);
      image.onerror = (): void => fail(new Error("image"));
      image.src = address;
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}
