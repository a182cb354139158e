import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.mjs'

// Real processes, databases and sockets: a slow machine must not look like a fault.
const real = { pool: 'forks', environment: 'node', testTimeout: 60_000, hookTimeout: 120_000 } as const
// What is run is what the sources say.
const prepared = fileURLToPath(new URL('scripts/prepared.mjs', import.meta.url))
const program = { find: /^(?:\.\.\/)+program-files\.ts$/, replacement: fileURLToPath(new URL('server/test/program-files.ts', import.meta.url)) }
const beside = ['src/**/*.test.ts', 'test/**/*.test.ts']

export default defineConfig({
  test: {
    // Two cores are what a small machine has; the tests start databases, sandboxes and browsers of their own beside.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...real, name: 'scripts', root: './scripts', include: ['**/*.test.mjs'] } },
      { resolve: { alias: [program] }, test: { ...real, name: 'server', root: './server', include: beside, globalSetup: [prepared, fileURLToPath(new URL('server/test/postgres.ts', import.meta.url))] } },
      { test: { ...real, name: 'client', root: './client', include: beside, globalSetup: prepared } },
      { test: { ...real, name: 'web', root: './web', include: beside } },
      // In a real browser against a real server.
      { test: { ...real, name: 'e2e', root: './web', include: ['e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 180_000, globalSetup: [prepared, fileURLToPath(new URL('web/e2e/unpack-browser.ts', import.meta.url))] } },
    ],
  },
})
