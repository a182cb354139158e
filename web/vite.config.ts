import process from 'node:process'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { uiTheme } from './ui-theme.ts'

const server = process.env.AGENTOS_DEV_SERVER ?? 'http://127.0.0.1:4700'

export default defineConfig({
  base: '/',
  plugins: [
    vue(),
    ui({
      // Our own code imports what it uses; nothing appears by magic.
      autoImport: false,
      components: false,
      dts: false,
      // `.dark` is ours: public/theme.js and composables/use-theme.ts.
      colorMode: false,
      // Only the icons that stand in our sources are bundled; none is fetched.
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}'] }, sizeLimitKb: 64 } },
      ui: uiTheme,
    }),
  ],
  build: {
    outDir: 'dist',
    target: 'es2023',
    // No data: URLs: the policy allows what this origin serves, and nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    // Of what is bundled; they ask to go along with it.
    license: { fileName: 'licenses.md' },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/trpc': { target: server, ws: true },
      // The page's origin goes along as it is: the server holds it against its list.
      '/api': { target: server },
      '/artifacts': { target: server },
      '/health': { target: server },
      '/schema.json': { target: server },
    },
  },
})
