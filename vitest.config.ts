import { defineConfig } from 'vitest/config';

const config: ReturnType<typeof defineConfig> = defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    reporters: ['default', './test/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
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
