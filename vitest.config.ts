import { defineConfig } from 'vitest/config'

// Unit and integration tests stand beside what they test; e2e/ has a config of its own.
export default defineConfig({
  test: {
    include: ['{shared,gateway,client,electron,cli,demo,bench,build}/**/*.test.ts', '*.test.ts', 'renderer/**/*.test.{ts,tsx}'],
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['build/vitest-setup.ts'],
    // Real servers on a busy machine: a test that needed its second try passes, and is named in the output.
    retry: 1,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
})
