/**
 * Photos are drawn anew on the phone: 1280 px, JPEG, about 80 KB, and without what the camera wrote about the place. With
 * little room left: 800 px, about 40 KB; a crack in a wall can still be told.
 */
const SIZES = { wide: { edge: 1280, aim: 90_000 }, tight: { edge: 800, aim: 40_000 } };
const STEPS = [[1, 0.6], [1, 0.48], [0.75, 0.48], [0.56, 0.42]] as const; // prettier-ignore

/** Return a small JPEG of a picture: less sharp first, then smaller. Raises Error where it cannot be read as one. */
export async function shrink(file: Blob, tight = false): Promise<Blob> {
  const { edge, aim } = tight ? SIZES.tight : SIZES.wide;
  const image = await read(file);
  try {
    let best = await drawn(image, edge, 0.72);
    for (const [share, quality] of STEPS) {
      if (best.size <= aim) break;
      best = await drawn(image, Math.round(edge * share), quality);
    }
    return best;
  } finally {
    if ("close" in image) image.close();
  }
}

async function drawn(image: ImageBitmap | HTMLImageElement, edge: number, quality: number): Promise<Blob> {
  const scale = Math.min(1, edge / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("canvas");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
  if (!made) throw new Error("jpeg");
  return made;
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
