import process from 'node:process'

/** Loaded before a program (`--import`): its clock goes wrong by `?ms=`, now and then in the other direction. Timers and the machine's own clock go on. */
const shiftMs = Number(new URL(import.meta.url).searchParams.get('ms'))
const startedAt = process.hrtime.bigint()
const EVERY_S = 3n

const RealDate = Date
const now = (): number => RealDate.now() + ((process.hrtime.bigint() - startedAt) / 1_000_000_000n / EVERY_S % 2n === 0n ? shiftMs : -shiftMs)

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args) => args.length === 0 ? new RealDate(now()) : Reflect.construct(target, args) as Date,
  get: (target, name, receiver) => name === 'now' ? now : Reflect.get(target, name, receiver) as unknown,
})
