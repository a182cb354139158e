/**
 * A manifest that prints numbered lines until there is a file `enough` in its folder: a test says how long it runs, not
 * a clock. `mark` stands in the command line of a process of it, and of one that has left its session.
 */
export function countingAgent({ name, folder, mark = '0' }: { name: string, folder: string, mark?: string }): string {
  return `
name: ${name}
description: Counts until it is enough
workspace:
  from: ${folder}
  mode: mount-read-only
limits: { time: 3m }
steps:
  - name: count
    run: |
      setsid sleep 300.${mark} &
      i=0
      while [ ! -e enough ]; do i=$((i + 1)); echo "line $i of ${mark}"; sleep 0.05; done
      echo "the end"
`
}
