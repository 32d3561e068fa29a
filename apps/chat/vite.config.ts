import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  root: "web",
  plugins: [react()],
  resolve: { conditions: ["@solent/source", ...defaultClientConditions] },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Every browser this page works in loads modules by itself; and an inlined file would be a data: URL, which the page's
    // Content-Security-Policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // On a busy machine it would remark on its own speed, between the chat's one line and the reader.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
