import type { RunReader } from '#run';

/** Whether a run was set to make responses think again; a run that does not say counts as one that was. */
export function rethinksByForce(run: RunReader): boolean {
  const config = run.head().config as { readonly rethink?: { readonly mode?: string } } | null;
  return config?.rethink?.mode !== 'off';
}
