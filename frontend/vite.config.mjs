import { resolve } from "node:path";
import { defineConfig } from "vite";

const out = resolve(import.meta.dirname, "../src/anlan/web/static/dist");

/** Each island is one entry; Django reads the manifest (anlan.web.islands). Nothing is inlined: the CSP takes 'self' only. */
export default defineConfig({
  base: "./",
  build: {
    outDir: out,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: ["chrome66", "firefox78", "safari13"],
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: false,
    rollupOptions: {
      input: Object.fromEntries(["shell", "map", "area", "chart", "push", "report", "tip", "kiosk", "field"].map((name) => [name, resolve(import.meta.dirname, `src/${name}.ts`)])),
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
  server: { fs: { allow: [".."] } },
  worker: { format: "es" },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
});
