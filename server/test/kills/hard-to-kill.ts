/** Seven children in the ways that are hard to kill, each a `sleep` whose length is a word to find it by, and the shells that wait for two of them. */
export function hardToKill(length: string): string {
  return [
    `sleep ${length} &`,
    `setsid sleep ${length} &`,
    `(setsid sh -c '(sleep ${length} &) ' &)`,
    `(sh -c '(setsid sleep ${length} &)' &)`,
    `setsid sh -c 'trap "" TERM HUP INT; sleep ${length}; :' &`,
    `env -i setsid sh -c '(sleep ${length} &)' &`,
    `(env -i setsid sh -c 'trap "" TERM; (setsid sleep ${length}; :) & :' &)`,
    // Until they are there.
    `while [ $(grep -l -a -e ${length} /proc/[0-9]*/cmdline 2>/dev/null | sed s/cmdline/comm/ | xargs grep -l '^sleep$' 2>/dev/null | wc -l) -lt 7 ]; do sleep 0.02; done`,
  ].join('\n')
}
