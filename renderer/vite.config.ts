// Builds the renderer into dist/renderer: one page, relative URLs (the browser host serves it from /, Electron from its own
// scheme), no inline script, so that a strict Content-Security-Policy holds. Type-checked by neither tsconfig: it is Node's.
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const root = import.meta.dirname

export default defineConfig({
  root,
  base: './',
  plugins: [react()],
  publicDir: false,
  server: { host: '127.0.0.1', port: 5173 },
  worker: { format: 'es' },
  build: {
    outDir: resolve(root, '..', 'dist', 'renderer'),
    emptyOutDir: true,
    // light-dark() and nested CSS are native here: the runtime is Electron's Chromium or a current browser.
    target: ['chrome130', 'firefox130', 'safari18'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
  },
})
