import { spawn } from 'node:child_process';
import { forgetChild, noteChild } from './lock.mjs';

/** Children that run now; an interrupted set-up ends them. */
const running = new Set();

/**
 * @typedef {object} Outcome
 * @property {number | null} code exit status; null when a signal ended it or it never started
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} missing whether there was no such program
 */

/**
 * @typedef {object} Options
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] beside that of this process; undefined takes away
 * @property {(text: string) => void} [onText] hears what it prints, as it comes
 * @property {AbortSignal} [signal] ends the program with those it started
 */

/**
 * Runs a program to its end with its output collected; never throws for a failing one.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Options} [options]
 * @returns {Promise<Outcome>}
 */
export function child(program, args, { cwd, env, onText, signal: stop } = {}) {
  return new Promise((resolve) => {
    const process_ = spawn(program, [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, so that its own children end with it
    });
    running.add(process_);
    stop?.addEventListener('abort', () => endGroup(process_.pid), { once: true });
    if (process_.pid !== undefined) noteChild(process_.pid);
    let stdout = '';
    let stderr = '';
    process_.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text;
      onText?.(text);
    });
    process_.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stderr += text;
      onText?.(text);
    });
    process_.on('error', (error) => {
      running.delete(process_);
      const missing = 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES');
      resolve({ code: null, signal: null, stdout, stderr: `${stderr}${error.message}`, missing });
    });
    process_.on('close', (code, signal) => {
      running.delete(process_);
      if (process_.pid !== undefined) forgetChild(process_.pid);
      resolve({ code, signal, stdout, stderr, missing: false });
    });
  });
}

/** Ends a child with the processes it started. @param {number | undefined} pid */
function endGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // it has ended by itself meanwhile
  }
}

/** Ends every child with the processes it started. */
export function endChildren() {
  for (const { pid } of running) endGroup(pid);
}
