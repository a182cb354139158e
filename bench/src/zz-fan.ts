import { measure } from '/work/main/bench/src/fan-out.ts'
process.execArgv.push('--cpu-prof', '--cpu-prof-dir=/tmp/prof')
const r = await measure()
for (const f of r) console.log(f.what, Math.round(f.value), Math.round(f.limit), (f.value / f.limit).toFixed(2))
