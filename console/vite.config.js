import { defineConfig } from 'vite';

// The console is served by the binary that embeds it: relative addresses, one script, one style, the map's worker apart.
export default defineConfig({
  base: './',
  worker: { format: 'es' },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  server: { proxy: { '/api': 'http://localhost:8080', '/tiles': 'http://localhost:8080' } },
});
