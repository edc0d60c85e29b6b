const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Everything goes to stderr: a command whose output is data may follow on stdout. */
const stream = process.stderr;
const live = stream.isTTY && process.env.TERM !== 'dumb';
const colored = live && (process.env.NO_COLOR ?? '') === '';

/** @param {number} code @param {string} text */
const paint = (code, text) => (colored ? `\u001b[${code}m${text}\u001b[0m` : text);

/** @param {string} text */
export function say(text) {
  stream.write(`${text}\n`);
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** @param {string} name @param {string} mark @param {string} text @param {number} milliseconds */
function finished(name, mark, text, milliseconds) {
  const time = duration(milliseconds).padStart(6);
  say(`${live ? '\r\u001b[2K' : ''}${mark} ${name.padEnd(10)} ${paint(2, time)}  ${text}`);
}

/**
 * Runs one phase of the set-up and prints one line for it, with its time. While it runs, a terminal
 * shows a spinner with what `update` last said; a pipe gets a plain line every ten seconds.
 * @template Result
 * @param {string} name
 * @param {(update: (text: string) => void) => Promise<readonly [Result, string]>} work
 *   resolves to its result and the text of its line
 * @returns {Promise<Result>}
 */
export async function phase(name, work) {
  const start = Date.now();
  let state = '';
  let frame = 0;
  let told = start;
  const timer = setInterval(
    () => {
      const elapsed = Date.now() - start;
      if (live) {
        const line = `${spinner[frame++ % spinner.length]} ${name.padEnd(10)} ${duration(elapsed).padStart(6)}  ${state}`;
        stream.write(`\r\u001b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
      } else if (Date.now() - told >= 10_000) {
        told = Date.now();
        say(`… ${name.padEnd(10)} ${duration(elapsed).padStart(6)}  ${state}`);
      }
    },
    live ? 100 : 500,
  );
  timer.unref();
  try {
    const [result, text] = await work((now) => void (state = now));
    finished(name, paint(32, '✓'), text, Date.now() - start);
    return result;
  } catch (error) {
    finished(name, paint(31, '✗'), 'did not succeed', Date.now() - start);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** @param {number} bytes */
export function mebibytes(bytes) {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
