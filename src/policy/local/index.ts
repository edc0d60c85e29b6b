export { createLocalPolicy, type LocalPolicyOptions, PolicyError } from './local-policy.ts';
