import type { Submission } from '../stores/run-submit.ts'

/** The same run as a command. A level other than `sandbox` has no flag: it is left to the manifest. */
export function commandLine({ agent, task, inputs, workspace, timeMs, isolation }: Submission): string {
  return [
    `npx agentos run ${agent}`,
    ...(task ? [`--task ${quote(task)}`] : []),
    ...Object.entries(inputs).map(([name, value]) => `--input ${quote(`${name}=${value}`)}`),
    ...(workspace ? [`--workspace ${quote(workspace)}`] : []),
    ...(timeMs !== null ? [`--timeout ${timeMs % 1000 === 0 ? `${timeMs / 1000}s` : `${timeMs}ms`}`] : []),
    ...(isolation === 'sandbox' ? ['--isolated'] : []),
  ].join(' ')
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
