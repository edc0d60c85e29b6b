import { defineConfig } from 'vitest/config';

const config: ReturnType<typeof defineConfig> = defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    reporters: ['default', './test/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Several test files compute at once: threads that wait must sleep, not spin.
    env: { OMP_WAIT_POLICY: 'passive' },
    execArgv: ['--conditions=source'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.gpu.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'gpu', include: ['**/*.gpu.test.ts'], exclude: ['node_modules'] },
      },
    ],
  },
});
export default config;
