import { defineConfig } from 'vitest/config'

const node = { pool: 'forks', environment: 'node', testTimeout: 20_000, hookTimeout: 60_000 } as const

export default defineConfig({
  test: {
    // Two cores are what a small machine has; the tests start databases, sandboxes and browsers of their own beside.
    maxWorkers: 2,
    passWithNoTests: false,
    projects: [
      { test: { ...node, name: 'server', root: './server', include: ['src/**/*.test.ts', 'test/**/*.test.ts'] } },
      { test: { ...node, name: 'client', root: './client', include: ['src/**/*.test.ts', 'test/**/*.test.ts'] } },
      { test: { ...node, name: 'scripts', root: './scripts', include: ['**/*.test.mjs'] } },
      { test: { ...node, name: 'web', root: './web', include: ['src/**/*.test.ts', 'test/**/*.test.ts'] } },
      { test: { ...node, name: 'e2e', root: './web', include: ['e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})
